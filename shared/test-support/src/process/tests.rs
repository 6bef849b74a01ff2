use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn exists(pid: u32) -> bool {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), None).is_ok()
}

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn drop_kills_even_a_process_that_ignores_sigterm() {
    let mut process =
        Process::spawn("stubborn", shell("trap '' TERM; echo ready; while :; do sleep 0.1; done"), &Default::default())
            .unwrap();
    process.wait_for_line("ready", 0, LIMIT).await.unwrap();
    let pid = process.pid();
    assert!(process.terminate(Duration::from_millis(100)).await.is_err());
    assert!(exists(pid));
    drop(process);
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_panic_kills_too() {
    let process = Process::spawn("forgotten", shell("exec sleep 600"), &Default::default()).unwrap();
    let pid = process.pid();
    let test = std::thread::spawn(move || {
        let _guard = process;
        std::panic::resume_unwind(Box::new("a failed test"));
    });
    assert!(test.join().is_err());
    assert!(!exists(pid));
}

#[tokio::test]
async fn terminate_waits_for_the_exit_and_its_status() {
    let mut process = Process::spawn(
        "polite",
        shell("trap 'exit 3' TERM; echo ready; while :; do sleep 0.02; done"),
        &Default::default(),
    )
    .unwrap();
    process.wait_for_line("ready", 0, LIMIT).await.unwrap();
    let status = process.terminate(LIMIT).await.unwrap();
    assert_eq!(status.code(), Some(3));
    process.signal(Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn an_early_exit_is_reported_at_once_with_the_log() {
    let mut process = Process::spawn("short", shell("echo no REDIS_URL; exit 64"), &Default::default()).unwrap();
    let started = std::time::Instant::now();
    let error = process.wait_for_line("ready", 0, Duration::from_secs(60)).await.unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(30));
    assert!(error.contains("exited with status 64") && error.contains("no REDIS_URL"), "{error}");
}

#[tokio::test]
async fn the_environment_is_closed() {
    let mut command = shell("env; echo end");
    command.env("GIVEN", "1");
    let mut process = Process::spawn("env", command, &Default::default()).unwrap();
    process.wait_for_line("end", 0, LIMIT).await.unwrap();
    let log = process.log().text();
    assert!(log.contains("GIVEN=1") && log.contains("PATH="), "{log}");
    assert!(!log.contains("CARGO_MANIFEST_DIR"), "{log}");
}

#[tokio::test]
async fn own_group_is_a_group_of_its_own() {
    for own_group in [true, false] {
        let options = ProcessOptions { own_group, ..Default::default() };
        let process = Process::spawn("leader", shell("exec sleep 600"), &options).unwrap();
        // A negative number names the process group that this process leads, if it leads one.
        let group = Pid::from_raw(-i32::try_from(process.pid()).unwrap());
        assert_eq!(kill(group, None).is_ok(), own_group);
    }
}
