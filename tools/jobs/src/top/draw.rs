//! How the live view looks.

use crate::show;
use crate::text::{between, lasting, plain};
use chrono::Utc;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Sparkline, Table, Wrap};
use shared::jobs::operator::{JobRow, Overview};

/// Columns of a terminal in which all that is known of a job has room.
const WIDE: u16 = 120;
/// Cells of a job's bar.
const BAR: u64 = 20;

/// One queue, as it was seen last.
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) overview: Overview,
    pub(super) jobs: Vec<JobRow>,
}

/// What is shown.
#[derive(Default)]
pub(super) struct Seen {
    queues: Vec<Queue>,
    shown: usize,
    /// Why what is shown is old.
    pub(super) trouble: Option<String>,
}

impl Seen {
    pub(super) fn update(&mut self, queues: Vec<Queue>) {
        self.queues = queues;
        self.trouble = None;
    }

    /// Turns to another queue.
    pub(super) fn turn(&mut self, by: isize) {
        let count = self.queues.len().max(1);
        self.shown = self.shown.checked_add_signed(by).unwrap_or(count - 1) % count;
    }
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, seen: &Seen) {
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(frame.area());
    let tabs = seen.queues.iter().enumerate().flat_map(|(index, queue)| {
        let style = if index == seen.shown { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        [Span::styled(format!(" {} ", queue.name), style), Span::raw(" ")]
    });
    frame.render_widget(Line::from(tabs.collect::<Vec<_>>()), head);
    let foot_text = match &seen.trouble {
        Some(trouble) => Span::styled(format!("what is shown is old: {}", plain(trouble)), Style::new().fg(Color::Red)),
        None => Span::raw("q ends, Tab turns to the next pattern; times are in UTC"),
    };
    frame.render_widget(Line::from(foot_text), foot);
    if let Some(queue) = seen.queues.get(seen.shown) {
        draw_queue(frame, queue, body);
    }
}

fn draw_queue(frame: &mut Frame<'_>, queue: &Queue, area: Rect) {
    let overview = &queue.overview;
    let orgs = u16::try_from(overview.orgs.len()).unwrap_or(u16::MAX).min(6);
    let workers = u16::try_from(overview.workers.len()).unwrap_or(u16::MAX).min(12);
    let [counts, plot, org_area, worker_area, job_area] = Layout::vertical([
        // In a narrow terminal the lines are broken.
        Constraint::Length(if area.width < WIDE { 7 } else { 4 }),
        Constraint::Length(5),
        Constraint::Length(orgs + 2),
        Constraint::Length(workers + 3),
        Constraint::Min(4),
    ])
    .areas(area);
    draw_counts(frame, overview, counts);
    draw_plot(frame, overview, plot);
    let org_lines = overview.orgs.iter().map(|org| Line::raw(plain(&show::standing(org, overview))));
    let block = Block::bordered().title(format!(" Orgs ({}) ", overview.orgs.len()));
    frame.render_widget(Paragraph::new(org_lines.collect::<Vec<_>>()).block(block), org_area);
    draw_workers(frame, overview, worker_area);
    draw_jobs(frame, queue, job_area);
}

fn draw_counts(frame: &mut Frame<'_>, overview: &Overview, area: Rect) {
    let oldest = match &overview.oldest {
        Some(oldest) => {
            format!("waiting for the longest: a job of {}, {}", oldest.org, between(oldest.since, overview.at))
        }
        None => "nothing waits".to_owned(),
    };
    let advice = overview.advice.map_or_else(|| "No worker tells of itself.".to_owned(), |advice| advice.sentence());
    let lines = [show::counts(overview), oldest, advice].map(|text| Line::raw(plain(&text)));
    frame.render_widget(Paragraph::new(lines.to_vec()).wrap(Wrap { trim: true }), area);
}

fn draw_plot(frame: &mut Frame<'_>, overview: &Overview, area: Rect) {
    let sum = |count: fn(&shared::jobs::operator::Minute) -> u64| overview.history.iter().map(count).sum::<u64>();
    let (processed, failed) = (sum(|minute| minute.processed), sum(|minute| minute.failed));
    let title = format!(" Last hour: {processed} records, {failed} failed ");
    let data: Vec<u64> = overview.history.iter().map(|minute| minute.processed).collect();
    let plot =
        Sparkline::default().block(Block::bordered().title(title)).style(Style::new().fg(Color::Cyan)).data(data);
    frame.render_widget(plot, area);
}

fn draw_workers(frame: &mut Frame<'_>, overview: &Overview, area: Rect) {
    let rows = overview.workers.iter().map(|worker| {
        Row::new([
            plain(&worker.name),
            format!("{}/{}", worker.running, worker.concurrency),
            worker.tasks.first().map(|task| lasting(task.for_ms)).unwrap_or_default(),
            format!("{:.1}", worker.records_per_second),
            worker.records_done.to_string(),
            worker.memory_bytes.map(|bytes| format!("{} MiB", bytes.div_ceil(1 << 20))).unwrap_or_default(),
            between(worker.started_at, overview.at),
            between(worker.seen_at, overview.at),
        ])
    });
    let widths = [Constraint::Min(12), Constraint::Length(6)].into_iter().chain([Constraint::Length(9); 6]);
    let heads = Row::new(["WORKER", "SLOTS", "LONGEST", "REC/S", "DONE", "MEMORY", "UP", "SILENT"]);
    let title = format!(" Workers ({}) ", overview.workers.len());
    frame.render_widget(Table::new(rows, widths).header(heads).block(Block::bordered().title(title)), area);
}

fn draw_jobs(frame: &mut Frame<'_>, queue: &Queue, area: Rect) {
    // In a narrow terminal the id goes before the bar and the org: it is what other commands ask for.
    let columns: &[(&str, Constraint)] = &[
        ("JOB", Constraint::Length(36)),
        ("STATE", Constraint::Length(18)),
        ("RECORDS", Constraint::Length(15)),
        ("AGE", Constraint::Length(8)),
        ("WHY", Constraint::Min(10)),
        ("", Constraint::Length(u16::try_from(BAR).unwrap_or(u16::MAX))),
        ("ORG", Constraint::Length(18)),
    ];
    let columns = if area.width < WIDE { columns.get(..5).unwrap_or(columns) } else { columns };
    let rows = queue.jobs.iter().map(|job| {
        let why = show::why(job);
        let style = if why.is_empty() { Style::new() } else { Style::new().fg(Color::Yellow) };
        let cells = [
            job.id.hyphenated(),
            job.state.name().to_owned(),
            format!("{}/{}", job.processed, job.planned_records),
            between(job.created_at, Utc::now()),
            plain(&why),
            bar(job),
            plain(&job.org),
        ];
        Row::new(cells.into_iter().take(columns.len())).style(style)
    });
    let heads = Row::new(columns.iter().map(|(head, _)| *head));
    let widths = columns.iter().map(|(_, width)| *width);
    let title = format!(" Open jobs ({}) ", queue.overview.open_jobs);
    frame.render_widget(Table::new(rows, widths).header(heads).block(Block::bordered().title(title)), area);
}

fn bar(job: &JobRow) -> String {
    let filled = job.processed.saturating_mul(BAR).checked_div(job.planned_records).unwrap_or(0);
    let cell = |index| if index < filled { '█' } else { '░' };
    (0..BAR).map(cell).collect()
}
