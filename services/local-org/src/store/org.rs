//! An org: its database, and transactions on it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};

use super::access::{self, Access};
use super::actor::{Acting, Actor};
use super::catalog::Catalog;
use super::sequences::Sequences;
use super::turn::{Turn, Turns};
use super::tx::Tx;
use super::undo::Undo;
use super::{ddl, prefixes, publish};
use crate::bus::log::Log;
use crate::bus::{Bus, EventError, Topics, journal};
use crate::cdc::{self, Commit, Gap, Origin};
use crate::error::ApiError;
use crate::events::{Draft, ReplayId};
use crate::id;
use crate::schema::Schema;

/// What an org is called and where its data is kept.
#[derive(Debug, Clone)]
pub struct OrgConfig {
    /// Developer name, for example `my-org`.
    pub name: String,
    /// Organization id, 15 or 18 characters.
    pub id: String,
    /// Whether a new org gets Accounts to play with; price books, products and users it gets in any case.
    pub business_data: bool,
    /// The database file; `None` keeps the data in memory.
    pub file: Option<PathBuf>,
}

impl OrgConfig {
    /// The orgs of a local installation. With a directory each has a file `<name>.db` in it.
    pub fn defaults(directory: Option<&std::path::Path>) -> Vec<Self> {
        [("my-org", 1, true), ("my-org-sales-a", 2, true), ("empty-org", 3, false)]
            .into_iter()
            .map(|(name, number, business_data)| Self {
                name: name.to_owned(),
                id: id::generate("00D", number),
                business_data,
                file: directory.map(|directory| directory.join(format!("{name}.db"))),
            })
            .collect()
    }
}

/// Why an org cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refused, for example because the file is no database.
    #[error("the org's database cannot be used")]
    Database(#[from] rusqlite::Error),
    /// The configured id is no organization id.
    #[error("'{0}' is not an organization id")]
    OrganizationId(String),
    /// Events cannot be defined by the schema, or not be read back.
    #[error("the org's events cannot be used")]
    Events(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The first records of a new org could not be written.
    #[error("the first records of the org cannot be written")]
    Seed(#[from] ApiError),
}

/// One org. Transactions run one after another.
#[derive(Debug)]
pub struct Org {
    name: String,
    id: String,
    catalog: RwLock<Arc<Catalog>>,
    bus: Arc<Bus>,
    /// Whether the org has had no records yet when it was opened.
    is_new: bool,
    /// Whether the org has a file.
    durable: bool,
    database: Turns<Database>,
}

#[derive(Debug)]
struct Database {
    connection: Connection,
    sequences: Sequences,
    access: access::Cache,
}

impl Org {
    /// Opens the org's database and brings its tables up to the schema. A new one has no records yet:
    /// [`crate::seed::open`] gives it its first ones.
    ///
    /// # Errors
    /// [`StoreError`] when the id is none, or the database cannot be opened or written.
    pub fn open(config: &OrgConfig, schema: Arc<Schema>) -> Result<Self, StoreError> {
        let id = id::normalise(&config.id)
            .filter(|id| id::prefix(id) == "00D")
            .ok_or_else(|| StoreError::OrganizationId(config.id.clone()))?;
        let connection = ddl::connect(config.file.as_deref())?;
        let is_new = ddl::migrate(&connection, &schema)?;
        let schema = prefixes::settled(&connection, schema)?;
        let durable = config.file.is_some();
        let sequences = Sequences::load(&connection, durable)?;
        let bus = bus(&connection, &schema, durable).map_err(|error| StoreError::Events(Box::new(error)))?;
        let bus = Arc::new(bus);
        let catalog = RwLock::new(Arc::new(Catalog::new(schema, Arc::clone(&bus), bus.topics())));
        let database = Turns::new(Database { connection, sequences, access: access::Cache::default() });
        let org = Self { name: config.name.clone(), id, catalog, bus, is_new, durable, database };
        // Those of an earlier run with the same file ended with it.
        org.close_sessions()?;
        Ok(org)
    }

    /// Developer name, for example `my-org`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Organization id, 18 characters.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the org has had no records yet when it was opened.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Objects and fields, as they are now.
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.catalog().schema)
    }

    /// Since when objects and fields are as they are now; the start of the process counts as a change.
    pub(crate) fn schema_since(&self) -> DateTime<Utc> {
        self.catalog().since
    }

    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The event bus.
    pub(crate) fn bus(&self) -> &Arc<Bus> {
        &self.bus
    }

    /// The administrator, whom every org has, acting for the org itself: nothing is hidden or forbidden.
    pub fn admin(&self) -> Actor {
        Actor { user_id: id::generate("005", 1), acting: Acting::System }
    }

    /// What an actor may do now.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn access(&self, actor: &Actor) -> Result<Arc<Access>, ApiError> {
        self.transaction(actor, |tx| Ok(Arc::clone(&tx.access)))
    }

    /// Runs `work` in one transaction: commits on `Ok`, rolls back on `Err` and when `work` panics. Events tell of no
    /// origin; see [`Org::transaction_from`].
    ///
    /// # Errors
    /// What `work` returns, and 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub fn transaction<T>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.transaction_from(actor, &Origin::default(), work)
    }

    /// Runs `work` in one transaction whose events name `origin`. They are published when it is committed, in the order
    /// of the commits.
    ///
    /// # Errors
    /// What `work` returns, and 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub fn transaction_from<T>(
        &self,
        actor: &Actor,
        origin: &Origin,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.attempt(&mut self.lock(), actor, origin, &mut Undo::Part, work)
    }

    /// [`Org::transaction_from`] for work in parts ([`Tx::savepoint`], [`Tx::unit`]) that may be done twice. A savepoint
    /// costs a copy of each page that its part touches, and mostly no part fails. So `work` is done without savepoints,
    /// and when a part fails, nothing of that stays, and it is done anew with them. Numbers that it took are lost.
    ///
    /// # Errors
    /// What `work` returns, and 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn transaction_of_parts<T>(
        &self,
        actor: &Actor,
        origin: &Origin,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut database = self.lock();
        let mut undo = Undo::Whole;
        let done = self.attempt(&mut database, actor, origin, &mut undo, &mut work);
        if undo != Undo::Failed {
            return done;
        }
        self.attempt(&mut database, actor, origin, &mut Undo::Part, work)
    }

    /// Whether a transaction could begin at once, or soon, as far as one can tell.
    pub(crate) fn is_free_soon(&self) -> bool {
        self.database.comes_soon()
    }

    fn lock(&self) -> Turn<'_, Database> {
        self.database.take()
    }

    /// Runs `work` in one transaction. `undo` says what becomes of a part of it that fails, and afterwards whether one
    /// did of which the transaction cannot be rid: then it was rolled back, and the result means nothing.
    fn attempt<T>(
        &self,
        database: &mut Database,
        actor: &Actor,
        origin: &Origin,
        undo: &mut Undo,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        // Behind the lock: a deploy changes both under it.
        let catalog = self.catalog();
        let Database { connection, sequences, access } = &mut *database;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut tx = Tx::new(&catalog, &transaction, sequences, access, actor, origin)?;
        tx.undo = *undo;
        let done = work(&mut tx);
        tx.forget_rights();
        *undo = tx.undo;
        if tx.undo == Undo::Failed {
            // Not even events that are published whatever becomes of the transaction: the next attempt does so.
            drop(tx);
            transaction.rollback()?;
            return done;
        }
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                let kept = tx.events_to_keep();
                drop(tx);
                transaction.rollback()?;
                self.append(&mut database.connection, kept)?;
                return Err(error);
            }
        };
        let mut drafts = std::mem::take(&mut tx.settled);
        drafts.extend(tx.events()?);
        drop(tx);
        sequences.save(&transaction)?;
        let events = publish::number(&self.bus, &transaction, self.durable, drafts)?;
        transaction.commit()?;
        self.bus.append(events);
        Ok(done)
    }

    /// Puts another schema in force: makes the tables and columns that it needs and runs `work` on them, all in one
    /// transaction, after which whoever begins a transaction finds them. On `Err` nothing has happened. What `work` writes
    /// becomes no event.
    ///
    /// # Errors
    /// What `work` returns, and 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn evolve<T>(
        &self,
        schema: Schema,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut database = self.lock();
        let Database { connection, sequences, access } = &mut *database;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        ddl::create(&transaction, &schema)?;
        ddl::drop_gone(&transaction, &self.schema(), &schema)?;
        let schema = prefixes::settled(&transaction, Arc::new(schema))?;
        let topics = Topics::of(&schema).map_err(|error| ApiError::internal(&EventError::from(error)))?;
        let catalog = Catalog::new(schema, Arc::clone(&self.bus), Arc::new(topics));
        let (actor, origin) = (self.admin(), Origin::default());
        let mut tx = Tx::new(&catalog, &transaction, sequences, access, &actor, &origin)?;
        tx.mute_changes();
        let done = work(&mut tx);
        drop(tx);
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                transaction.rollback()?;
                return Err(error);
            }
        };
        sequences.save(&transaction)?;
        transaction.commit()?;
        access.clear();
        self.bus.set_topics(Arc::clone(&catalog.topics));
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalog);
        Ok(done)
    }

    /// Publishes events that no transaction is about, and gives their replay ids.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn publish(&self, drafts: Vec<Draft>) -> Result<Vec<ReplayId>, ApiError> {
        let mut database = self.lock();
        self.append(&mut database.connection, drafts)
    }

    /// Publishes a gap event for a test; whether the object's changes are captured.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the event cannot be written.
    pub(crate) fn publish_gap(&self, gap: &Gap) -> Result<bool, ApiError> {
        let (admin, origin) = (self.admin(), Origin::default());
        let commit = Commit { at: chrono::Utc::now(), number: 0, user_id: &admin.user_id, origin: &origin };
        let event = cdc::gap_event(self.bus.topics().entities(), gap, &commit)
            .map_err(|error| ApiError::internal(&EventError::from(error)))?;
        let found = event.is_some();
        self.publish(event.into_iter().collect())?;
        Ok(found)
    }

    /// Forgets events older than `age`, as the end of their retention does.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn prune_events(&self, age: chrono::Duration) -> Result<(), ApiError> {
        let database = self.lock();
        self.bus.prune(age);
        if self.durable {
            journal::save(&database.connection, &[], self.bus.bounds())?;
        }
        Ok(())
    }

    fn append(&self, connection: &mut Connection, drafts: Vec<Draft>) -> Result<Vec<ReplayId>, ApiError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let events = publish::number(&self.bus, &transaction, self.durable, drafts)?;
        transaction.commit()?;
        let ids = events.iter().map(|event| event.replay_id).collect();
        self.bus.append(events);
        Ok(ids)
    }
}

fn bus(connection: &Connection, schema: &Schema, durable: bool) -> Result<Bus, EventError> {
    let topics = Topics::of(schema)?;
    let log = if durable {
        journal::migrate(connection)?;
        journal::load(connection, &topics)?
    } else {
        Log::new(chrono::Utc::now())
    };
    Ok(Bus::new(topics, log))
}
