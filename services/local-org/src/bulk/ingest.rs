//! Runs an ingest job: 200 rows of its contents at a time, each row alone (Bulk API 2.0 Developer Guide, "How Requests
//! Are Processed"). What was committed stays when the job fails or is aborted later.

mod columns;
mod failure;
mod report;

use std::sync::Arc;
use std::time::Instant;

use csv::StringRecord;
use serde_json::{Map, Value};

use self::columns::Columns;
use self::report::Report;
use super::job::{Advance, Job, Output, Work};
use super::spec::{IngestSpec, Operation, Report as Wanted};
use super::spool::SpoolReader;
use super::{Failure, Jobs, disk, refused};
use crate::counters::Rows;
use crate::error::ApiError;
use crate::faults::RecordError;
use crate::schema::{FieldDef, ObjectDef};
use crate::settings::{DuplicateRule, Settings};
use crate::store::{Actor, Org, Refusals, Tx, Upserted, repeated_updates};

/// Rows of one transaction.
const CHUNK: usize = 200;
/// Rows of one batch, by which the daily limit counts.
const BATCH: u64 = 10_000;
/// Longest value and longest row, in characters.
const MAX_VALUE: usize = 131_072;
const MAX_ROW: usize = 400_000;

/// A job at work.
pub(crate) struct Loader {
    job: Arc<Job>,
    actor: Actor,
    fault: Option<RecordError>,
    reader: csv::Reader<SpoolReader>,
    columns: Columns,
    report: Report,
    /// Rows read so far, and where the last one ends.
    rows: u64,
    ends: u64,
    chunk: Vec<StringRecord>,
}

/// What a step did.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) rows: Rows,
    /// Whether more rows may follow.
    pub(crate) more: bool,
    /// Why the job cannot go on.
    pub(crate) failure: Option<Failure>,
}

impl Loader {
    /// Reads the header of the job's contents. When that cannot be, the job has ended as failed.
    pub(crate) fn open(org: &Org, job: &Arc<Job>, actor: Actor) -> Option<Self> {
        match Self::try_open(org, job, actor) {
            Ok(loader) => Some(loader),
            Err(failure) => {
                let results = job.untouched().map(|results| Output::Rows(Arc::new(results)));
                job.end(results.unwrap_or_default(), Some(failure));
                None
            }
        }
    }

    fn try_open(org: &Org, job: &Arc<Job>, actor: Actor) -> Result<Self, Failure> {
        let spec = spec(job).map_err(internal)?;
        let contents = job.contents().ok_or("InvalidBatch : No data was uploaded")?;
        if spec.report == Wanted::Parts {
            columns::check_line_ending(&contents, spec.dialect)?;
        }
        let mut reader = spec.dialect.reader(contents.reader(0, contents.len()));
        let mut header = StringRecord::new();
        if !reader.read_record(&mut header).map_err(unreadable)? {
            return Err("InvalidBatch : The CSV file has no header row".to_owned());
        }
        let columns = org.transaction(&actor, |tx| {
            let visible = |object: &ObjectDef, field: &FieldDef| tx.access().sees(object, field);
            Ok(Columns::read(&header, spec, &org.schema(), &visible))
        });
        let columns = columns.map_err(internal)??;
        let header_end = reader.position().byte();
        let report = Report::create(spec, contents, header_end).map_err(|error| internal(disk(&error)))?;
        let (job, fault) = (Arc::clone(job), job.fault());
        Ok(Self { job, actor, fault, reader, columns, report, rows: 0, ends: 0, chunk: Vec::with_capacity(CHUNK) })
    }

    /// Loads the next rows; blocks.
    pub(crate) fn step(&mut self, org: &Org, jobs: &Jobs, settings: &Settings) -> Step {
        let begins = self.reader.position().byte();
        let failure = self.read_chunk(jobs).err();
        if self.chunk.is_empty() {
            return Step { failure, ..Step::default() };
        }
        match self.load_chunk(org, settings) {
            Ok(rows) => {
                self.report.processed_to(self.ends);
                Step { rows, more: failure.is_none(), failure }
            }
            Err(error) => {
                self.report.processed_to(begins);
                Step { failure: Some(internal(error)), ..Step::default() }
            }
        }
    }

    /// The end of the job: all rows are processed, it was aborted, or it failed.
    pub(crate) fn finish(self, failure: Option<Failure>) {
        match self.report.finish() {
            Ok(output) => self.job.end(output, failure),
            Err(error) => self.job.end(Output::Nothing, Some(internal(disk(&error)))),
        }
    }

    /// Reads rows until the chunk is full, the contents end, or something in them is no row.
    fn read_chunk(&mut self, jobs: &Jobs) -> Result<(), Failure> {
        self.chunk.clear();
        while self.chunk.len() < CHUNK {
            let mut row = StringRecord::new();
            if !self.reader.read_record(&mut row).map_err(unreadable)? {
                break;
            }
            if row.as_slice().len() > MAX_ROW || row.iter().any(|value| value.len() > MAX_VALUE) {
                return Err(format!("InvalidBatch : Row {} is too long", self.rows + 1));
            }
            if self.rows.is_multiple_of(BATCH) {
                jobs.count_batch();
            }
            self.rows += 1;
            self.ends = self.reader.position().byte();
            self.chunk.push(row);
        }
        Ok(())
    }

    fn load_chunk(&mut self, org: &Org, settings: &Settings) -> Result<Rows, ApiError> {
        let spec = spec(&self.job)?;
        let settings = settings.get();
        let allowed = self.job.creator.allow_duplicates;
        let saver = Saver {
            spec,
            columns: &self.columns,
            fault: self.fault.as_ref(),
            duplicate_rules: if allowed { &[] } else { &settings.duplicate_rules },
        };
        let began = Instant::now();
        let (outcomes, touched) = org.transaction_of_parts(&self.actor, &self.job.creator.origin, |tx| {
            let mut outcomes = Vec::with_capacity(self.chunk.len());
            let mut refusals = saver.repeated(tx, &self.chunk);
            for (place, row) in self.chunk.iter().enumerate() {
                let outcome = match refusals.remove(&place) {
                    Some(error) => Err(error),
                    None => tx.savepoint(|tx| saver.save(tx, row)),
                };
                if let Err(error) = &outcome
                    && error.status >= 500
                {
                    return Err(error.clone());
                }
                outcomes.push(outcome);
            }
            Ok((outcomes, tx.rows_touched()))
        })?;
        let active = began.elapsed();
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count() as u64;
        let processed = outcomes.len() as u64;
        self.report.add(&self.columns, &self.chunk, &outcomes).map_err(|error| disk(&error))?;
        self.job.advance(Advance { processed, failed, active });
        let written = processed - failed;
        Ok(Rows { read: touched.saturating_sub(written), written })
    }
}

/// Writes rows.
struct Saver<'a> {
    spec: &'a IngestSpec,
    columns: &'a Columns,
    fault: Option<&'a RecordError>,
    duplicate_rules: &'a [DuplicateRule],
}

impl Saver<'_> {
    /// What is refused because several rows name the same record.
    fn repeated(&self, tx: &Tx<'_>, rows: &[StringRecord]) -> Refusals {
        match (self.spec.operation, &self.spec.external_id) {
            (Operation::Update, _) => {
                let ids: Vec<_> = rows.iter().map(|row| Some(self.columns.id_of(row))).collect();
                repeated_updates(&ids)
            }
            (Operation::Upsert, Some(field)) => {
                let keys: Vec<_> = rows.iter().map(|row| Some(self.columns.key_of(row))).collect();
                tx.repeated_keys(&self.spec.object, field, &keys)
            }
            _ => Refusals::new(),
        }
    }

    fn save(&self, tx: &mut Tx<'_>, row: &StringRecord) -> Result<Upserted, ApiError> {
        self.columns.check_width(row)?;
        let IngestSpec { object, operation, external_id, .. } = self.spec;
        let id = self.columns.id_of(row);
        if operation.is_delete() {
            let id = given(id, "Id not specified in a delete call")?;
            match operation {
                Operation::HardDelete => tx.hard_delete(object, id)?,
                _ => tx.delete(object, id)?,
            }
            return Ok(Upserted { id: crate::id::normalise(id).unwrap_or_default(), created: false });
        }
        let fields = self.columns.fields(row);
        if let Some(error) = self.fault.and_then(|fault| fault.of(object, &fields)) {
            return Err(error);
        }
        match (operation, external_id) {
            (Operation::Update, _) => {
                let id = given(id, "Id not specified in an update call")?;
                self.check_duplicates(tx, &fields, Some(id))?;
                tx.update(object, id, &fields)?;
                Ok(Upserted { id: crate::id::normalise(id).unwrap_or_default(), created: false })
            }
            (Operation::Upsert, Some(field)) => {
                let key = self.columns.key_of(row);
                if key.is_empty() && field != "Id" {
                    return Err(ApiError::new(400, "MISSING_ARGUMENT", format!("{field} not specified")));
                }
                let own_id = if self.duplicate_rules.is_empty() { None } else { tx.matching(object, field, key) };
                self.check_duplicates(tx, &fields, own_id.as_deref())?;
                tx.upsert(object, field, key, &fields)
            }
            _ => {
                self.check_duplicates(tx, &fields, None)?;
                Ok(Upserted { id: tx.create(object, &fields)?, created: true })
            }
        }
    }

    fn check_duplicates(&self, tx: &mut Tx<'_>, fields: &Map<String, Value>, id: Option<&str>) -> Result<(), ApiError> {
        let own_id = id.and_then(crate::id::normalise);
        tx.check_duplicates(self.duplicate_rules, &self.spec.object, fields, own_id.as_deref())
    }
}

fn spec(job: &Job) -> Result<&IngestSpec, ApiError> {
    match &job.work {
        Work::Ingest(spec) => Ok(spec),
        Work::Query(_) => Err(refused("INVALIDJOB", "not an ingest job")),
    }
}

fn given<'r>(value: &'r str, otherwise: &str) -> Result<&'r str, ApiError> {
    if value.is_empty() { Err(ApiError::new(400, "MISSING_ARGUMENT", otherwise)) } else { Ok(value) }
}

fn internal(error: ApiError) -> Failure {
    format!("InternalServerError : {}", error.message)
}

fn unreadable(error: csv::Error) -> Failure {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "InvalidBatch : The CSV file is not encoded in UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => internal(disk(error)),
        _ => format!("InvalidBatch : Failed to parse CSV: {error}"),
    }
}
