//! One CSV file of results, read record by record, and taken up again where it broke off.

use std::future::{Ready, ready};
use std::sync::Arc;

use csv::StringRecord;
use futures_util::stream::{self, BoxStream, StreamExt};
use tracing::warn;

use super::super::transport::{OpenAnswer, Request};
use super::super::{Cleaner, Client, Error, Operation};
use super::records::RecordReader;
use super::settings::BulkSettings;

/// Content type of results.
const CSV: &str = "text/csv";

/// Where a file is.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Below the version root of the session.
    Resource(String),
    /// A path that the server named, or one with a version of its own.
    Server(String),
}

impl Source {
    fn request(&self) -> Request {
        match self {
            Self::Resource(path) => Request::get(Operation::BulkResults, path.clone()),
            Self::Server(path) => Request::get_server_path(Operation::BulkResults, path.clone()),
        }
    }
}

/// A record with the names of its columns.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) columns: Arc<StringRecord>,
    pub(super) cells: StringRecord,
    /// For what is told in the record: of the session that it was read with.
    pub(super) cleaner: Cleaner,
}

impl Record {
    /// The values under the names of their columns.
    pub(super) fn new(columns: &Arc<StringRecord>, cells: StringRecord, cleaner: Cleaner) -> Result<Self, Error> {
        if cells.len() != columns.len() {
            return Err(malformed(&format!("a record has {} values for {} columns", cells.len(), columns.len())));
        }
        Ok(Self { columns: Arc::clone(columns), cells, cleaner })
    }
}

/// A file being read. At most one piece from the network and one incomplete record are held.
pub(super) struct Download {
    client: Client,
    settings: Arc<BulkSettings>,
    source: Source,
    answer: Option<OpenAnswer>,
    reader: RecordReader,
    columns: Option<Arc<StringRecord>>,
    /// The header line of the present answer was read.
    past_header: bool,
    /// Records that the file has, or more.
    at_least: u64,
    /// Records given to the caller.
    delivered: u64,
    /// Records of the present answer that the caller has from an earlier one.
    skip: u64,
    /// Failures since the last record.
    failures: u32,
    ended: bool,
}

impl Download {
    pub(super) fn new(client: Client, settings: Arc<BulkSettings>, source: Source) -> Self {
        Self {
            client,
            settings,
            source,
            answer: None,
            reader: RecordReader::new(),
            columns: None,
            past_header: false,
            at_least: 0,
            delivered: 0,
            skip: 0,
            failures: 0,
            ended: false,
        }
    }

    /// A file that ends before it has this many records is taken for one that broke off.
    pub(super) fn at_least(self, records: u64) -> Self {
        Self { at_least: records, ..self }
    }

    /// Asks for the file, if that was not done.
    pub(super) async fn start(&mut self) -> Result<&OpenAnswer, Error> {
        let answer = match self.answer.take() {
            Some(answer) => answer,
            None => self.client.open(self.source.request(), CSV).await?,
        };
        Ok(self.answer.insert(answer))
    }

    /// The next record; `None` at the end of the file.
    ///
    /// Salesforce keeps a file unchanged once its job has ended, so after a broken connection it is asked for again and
    /// the records that the caller has are passed over.
    pub(super) async fn next(&mut self) -> Result<Option<Record>, Error> {
        loop {
            let step = match self.reader.pop() {
                Some(header) if !self.past_header => self.take_header(header),
                Some(_) if self.skip > 0 => {
                    self.skip -= 1;
                    Ok(())
                }
                Some(cells) => match self.deliver(cells) {
                    Ok(record) => return Ok(Some(record)),
                    Err(error) => Err(error),
                },
                None if self.ended && self.delivered >= self.at_least => return Ok(None),
                None => self.read_on().await,
            };
            if let Err(error) = step {
                self.begin_again(error)?;
            }
        }
    }

    /// What `read` makes of each record, as a stream that ends after its first error.
    pub(super) fn items<T>(
        self,
        read: impl Fn(Record) -> Result<T, Error> + Clone + Send + 'static,
    ) -> BoxStream<'static, Result<T, Error>>
    where
        T: Send + 'static,
    {
        stream::try_unfold(self, move |mut download| {
            let read = read.clone();
            async move {
                match download.next().await? {
                    Some(record) => Ok(Some((read(record)?, download))),
                    None => Ok(None),
                }
            }
        })
        .boxed()
    }

    /// Records given to the caller.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    fn take_header(&mut self, header: StringRecord) -> Result<(), Error> {
        self.past_header = true;
        match &self.columns {
            None => self.columns = Some(Arc::new(header)),
            Some(columns) if **columns == header => {}
            Some(_) => return Err(malformed("its columns have changed since it was first read")),
        }
        Ok(())
    }

    fn deliver(&mut self, cells: StringRecord) -> Result<Record, Error> {
        let columns = self.columns.as_ref().ok_or_else(|| malformed("it has no header line"))?;
        let cleaner = self.answer.as_ref().map(|answer| answer.cleaner().clone()).unwrap_or_default();
        let record = Record::new(columns, cells, cleaner)?;
        self.delivered += 1;
        self.failures = 0;
        Ok(record)
    }

    /// Has the file asked for again after a failure that another answer may mend, unless that was done too often.
    fn begin_again(&mut self, error: Error) -> Result<(), Error> {
        if !error.kind().passes() || self.failures >= self.settings.read_retries {
            return Err(error);
        }
        warn!(delivered = self.delivered, %error, "results broke off, asking for them again");
        self.failures += 1;
        self.answer = None;
        self.reader = RecordReader::new();
        (self.ended, self.past_header, self.skip) = (false, false, self.delivered);
        if self.delivered == 0 {
            // Nothing shows that the header was the file's.
            self.columns = None;
        }
        Ok(())
    }

    async fn read_on(&mut self) -> Result<(), Error> {
        if self.ended {
            return Err(malformed(&format!("it ends after {} of {} records", self.delivered, self.at_least)));
        }
        self.start().await?;
        let patience = self.settings.read_timeout;
        let Some(answer) = &mut self.answer else { return Ok(()) };
        match answer.next_bytes(patience).await? {
            Some(bytes) => self.reader.push(bytes.as_ref()),
            None => {
                self.ended = true;
                self.reader.finish()
            }
        }
        .map_err(|reason| malformed(&reason))
    }
}

pub(super) fn malformed(reason: &str) -> Error {
    Error::malformed(Operation::BulkResults, reason)
}

/// Lets nothing follow an error. For `StreamExt::scan`.
pub(super) fn end_after_error<T>(failed: &mut bool, item: Result<T, Error>) -> Ready<Option<Result<T, Error>>> {
    let over = std::mem::replace(failed, *failed || item.is_err());
    ready((!over).then_some(item))
}
