//! How the chunks of a job stood over time, as a picture: an SVG that needs no script and takes its colours from the style,
//! with hatches for those who do not tell colours apart, and the same in words and as a table.

use super::text::{between, lasting};
use chrono::{DateTime, Utc};
use shared::jobs::operator::CoursePoint;
use web::pages::{counted, grouped};

/// Units of the picture's own measure.
const WIDTH: u64 = 1_000;
const HEIGHT: u64 = 200;
/// Of the mark of something that happened between two moments; so much wide at least that it is seen.
const MARK: u64 = 6;
/// Rows of the table.
const ROWS: usize = 12;

/// The course of a job's chunks.
#[derive(Debug)]
pub(super) struct Course {
    /// From the top to the ground, each in front of those before it: waiting, running, given up, done.
    pub(super) areas: Vec<Area>,
    /// When tasks were given up, and when some were tried again.
    pub(super) marks: Vec<Marks>,
    pub(super) legend: Vec<(&'static str, &'static str, String)>,
    /// What the picture shows, in words.
    pub(super) words: String,
    /// The time of the left edge, that of the right one, and how much lies between.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) lasts: String,
    /// The number of chunks at the upper edge.
    pub(super) most: String,
    pub(super) rows: Vec<Row>,
}

/// An area below a line.
#[derive(Debug)]
pub(super) struct Area {
    pub(super) class: &'static str,
    pub(super) path: String,
}

/// Moments at which something happened, as bars below the picture.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// Where, how wide, and what for whoever points at it.
    pub(super) bars: Vec<(u64, u64, String)>,
}

/// A moment in the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) at: String,
    pub(super) counts: [String; 5],
}

impl Course {
    /// Of the picture, in its own measure.
    pub(super) fn width(&self) -> u64 {
        WIDTH
    }

    /// The same.
    pub(super) fn height(&self) -> u64 {
        HEIGHT
    }

    /// `None` where there is nothing to draw.
    pub(super) fn of(points: &[CoursePoint]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let most = points.iter().map(|point| point.total).max().filter(|most| *most > 0)?;
        let axis = Axis { from: first.at, span: milliseconds(first.at, last.at).max(1) };
        let line = |class, height: fn(&CoursePoint) -> u64| {
            let path = axis.area(points, |point| height(point).min(most) * HEIGHT / most);
            Area { class, path }
        };
        let areas = vec![
            line("waiting", |point| point.done + point.dead + point.running + point.waiting()),
            line("running", |point| point.done + point.dead + point.running),
            line("dead", |point| point.done + point.dead),
            line("done", |point| point.done),
        ];
        let marks = vec![
            axis.marks(points, "dead", "Given up", |point| point.dead),
            axis.marks(points, "again", "Tried again", |point| point.retried),
        ];
        let legend = vec![
            ("done", "Done", grouped(last.done)),
            ("dead", "Given up", grouped(last.dead)),
            ("running", "Running", grouped(last.running)),
            ("waiting", "Waiting", grouped(last.waiting())),
            ("again", "Tried again", grouped(last.retried)),
        ];
        Some(Self {
            areas,
            marks: marks.into_iter().filter(|marks| !marks.bars.is_empty()).collect(),
            legend,
            words: words(last, between(first.at, last.at)),
            from: time(first.at),
            to: time(last.at),
            lasts: between(first.at, last.at),
            most: counted(most, "chunk"),
            rows: rows(points),
        })
    }
}

/// Time from the left to the right.
struct Axis {
    from: DateTime<Utc>,
    /// Ms.
    span: u64,
}

impl Axis {
    fn x(&self, at: DateTime<Utc>) -> u64 {
        u64::try_from(u128::from(milliseconds(self.from, at)) * u128::from(WIDTH) / u128::from(self.span))
            .map_or(WIDTH, |x| x.min(WIDTH))
    }

    /// The area below a line that stays where it was from one moment to the next.
    fn area(&self, points: &[CoursePoint], height: impl Fn(&CoursePoint) -> u64) -> String {
        let mut path = format!("M0 {HEIGHT}");
        let mut before = None;
        for point in points {
            let y = HEIGHT - height(point).min(HEIGHT);
            if before != Some(y) {
                path.push_str(&format!("H{}V{y}", self.x(point.at)));
                before = Some(y);
            }
        }
        path.push_str(&format!("H{WIDTH}V{HEIGHT}Z"));
        path
    }

    /// When a count grew: between the moment before and the one that shows it.
    fn marks(
        &self,
        points: &[CoursePoint],
        class: &'static str,
        name: &'static str,
        count: fn(&CoursePoint) -> u64,
    ) -> Marks {
        let grown = points.windows(2).filter_map(|pair| {
            let [before, after] = pair else { return None };
            let more = count(after).checked_sub(count(before)).filter(|more| *more > 0)?;
            let (from, to) = (self.x(before.at), self.x(after.at));
            let width = (to - from).max(MARK);
            let x = to.saturating_sub(width);
            Some((x, width.min(WIDTH - x), format!("{name} by {} UTC: {}", time(after.at), grouped(more))))
        });
        Marks { class, name, bars: grown.collect() }
    }
}

/// Some moments, the last one among them.
fn rows(points: &[CoursePoint]) -> Vec<Row> {
    let step = points.len().div_ceil(ROWS).max(1);
    let mut rows: Vec<Row> = points.iter().rev().step_by(step).map(Row::of).collect();
    rows.reverse();
    rows
}

impl Row {
    fn of(point: &CoursePoint) -> Self {
        let counts = [point.waiting(), point.running, point.done, point.dead, point.retried];
        Self { at: time(point.at), counts: counts.map(grouped) }
    }
}

fn words(last: &CoursePoint, lasts: String) -> String {
    let mut words = format!("After {lasts}: {} of {} done", grouped(last.done), counted(last.total, "chunk"));
    let others =
        [(last.running, "running"), (last.waiting(), "waiting"), (last.dead, "given up"), (last.dropped, "dropped")];
    for (count, what) in others {
        if count > 0 {
            words.push_str(&format!(", {} {what}", grouped(count)));
        }
    }
    if last.retried > 0 {
        let verb = if last.retried == 1 { "was" } else { "were" };
        words.push_str(&format!("; {} {verb} tried again", counted(last.retried, "task")));
    }
    words.push('.');
    words
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S").to_string()
}

fn milliseconds(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from((to - from).num_milliseconds()).unwrap_or(0)
}

/// What is said where there is no picture.
pub(super) fn without(course: Option<&Course>, took: Option<u64>, chunks: u64) -> Option<String> {
    if course.is_some() {
        return None;
    }
    Some(match took {
        Some(ms) if chunks > 0 => format!("Too short for a picture: {} in {}.", counted(chunks, "chunk"), lasting(ms)),
        Some(_) => "It had no chunks.".to_owned(),
        None => "There is nothing to draw yet.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds: i64, total: u64, done: u64, dead: u64, running: u64, retried: u64) -> CoursePoint {
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        CoursePoint { at, total, done, dead, dropped: 0, running, retried }
    }

    #[test]
    fn areas_lie_on_each_other_and_stay_until_the_next_moment() {
        let points =
            [point(0, 0, 0, 0, 0, 0), point(10, 4, 0, 0, 2, 0), point(15, 4, 1, 1, 2, 3), point(20, 4, 3, 1, 0, 3)];
        let course = Course::of(&points).unwrap();
        let paths: Vec<_> = course.areas.iter().map(|area| (area.class, area.path.as_str())).collect();
        assert_eq!(
            paths,
            [
                ("waiting", "M0 200H0V200H500V0H1000V200Z"),
                ("running", "M0 200H0V200H500V100H750V0H1000V200Z"),
                ("dead", "M0 200H0V200H750V100H1000V0H1000V200Z"),
                ("done", "M0 200H0V200H750V150H1000V50H1000V200Z"),
            ]
        );
        let marks: Vec<_> = course.marks.iter().map(|marks| (marks.class, marks.bars.clone())).collect();
        let dead = (500, 250, "Given up by 00:00:15 UTC: 1".to_owned());
        let again = (500, 250, "Tried again by 00:00:15 UTC: 3".to_owned());
        assert_eq!(marks, [("dead", vec![dead]), ("again", vec![again])]);
        assert_eq!(course.words, "After 20 s: 3 of 4 chunks done, 1 given up; 3 tasks were tried again.");
        assert_eq!(
            (course.from.as_str(), course.to.as_str(), course.most.as_str()),
            ("00:00:00", "00:00:20", "4 chunks")
        );
        assert_eq!(course.rows.len(), 4);
        assert_eq!(course.rows[3].counts, ["0", "0", "3", "1", "3"]);
    }

    #[test]
    fn however_many_chunks_the_picture_is_small() {
        let points: Vec<_> = (0..200_u32)
            .map(|n| point(i64::from(n) * 60, 1 << 40, u64::from(n) << 30, n.into(), 7, n.into()))
            .collect();
        let course = Course::of(&points).unwrap();
        let size = course.areas.iter().map(|area| area.path.len()).sum::<usize>();
        assert!(size < 12_000, "{size}");
        assert!(course.rows.len() <= ROWS, "{}", course.rows.len());
        assert_eq!(course.rows.last().unwrap().at, "03:19:00");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert!(Course::of(&[]).is_none() && Course::of(&[point(0, 0, 0, 0, 0, 0)]).is_none());
        // All at one moment.
        let one = Course::of(&[point(5, 2, 1, 0, 1, 0)]).unwrap();
        assert_eq!(one.areas[3].path, "M0 200H0V100H1000V200Z");
        assert_eq!(without(None, Some(120), 3).unwrap(), "Too short for a picture: 3 chunks in 120 ms.");
        assert_eq!(without(Some(&one), Some(120), 3), None);
    }
}
