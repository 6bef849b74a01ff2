//! A Quote while the caller waits.

use crate::afterwards::{Afterwards, Recorder};
use crate::answer;
use crate::cleanup::{Cleanup, Leftovers, Watch};
use crate::turns::Turns;
use ::web::{ApiError, WaitingCall};
use futures_util::future::BoxFuture;
use shared::quotes::key::JobKey;
use shared::quotes::{Generator, GeneratorSettings, NoteStaging, QuoteSettings, single};
use shared::salesforce::{
    Client, ClientSettings, FixedSession, HttpSettings, HttpSetupError, RetryPolicy, SalesforceId, Session, http_client,
};
use shared::telemetry::client_settings;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Rounds without progress before a caller is told to come back: a worker has minutes, a caller has seconds.
const MAX_ROUNDS: u32 = 3;

/// Tries of a call, for the same reason.
const MAX_ATTEMPTS: u32 = 3;

/// First pause before another try.
const BASE_DELAY: Duration = Duration::from_millis(200);

/// Makes Quotes, each within one request.
pub(crate) struct Quoter {
    http: reqwest::Client,
    client: ClientSettings,
    quotes: QuoteSettings,
    deadline: Duration,
    turns: Turns,
    cleanup: Cleanup,
}

impl Quoter {
    /// Over a new HTTP client; `deadline` is the longest time for one Quote.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub(crate) fn new(quotes: QuoteSettings, deadline: Duration, cleanup: Cleanup) -> Result<Self, HttpSetupError> {
        // Its total is longer than any deadline here, which so has the last word.
        let retry = RetryPolicy { max_attempts: MAX_ATTEMPTS, base_delay: BASE_DELAY, ..RetryPolicy::default() };
        let generator = GeneratorSettings { max_rounds: MAX_ROUNDS, ..quotes.generator };
        Ok(Self {
            http: http_client(&HttpSettings::default())?,
            // So the deadline alone says when an org takes too long.
            client: ClientSettings { retry, patience: deadline, ..client_settings() },
            quotes: QuoteSettings { generator, ..quotes },
            deadline,
            turns: Turns::default(),
            cleanup,
        })
    }

    /// Makes the Quote of `opportunity` under `key`, or finds the one that an earlier call with the same key has made.
    ///
    /// In the normal case these are two calls of Salesforce, one query and one graph. That there is a Quote already is
    /// what the graph's `DUPLICATE_VALUE` tells.
    ///
    /// `place` is kept until what the call leaves half-written is removed.
    ///
    /// # Errors
    /// As [`answer`] says; 504 when it takes longer than the deadline. Then a request may still be carried out.
    pub(crate) async fn quote(
        &self,
        session: Session,
        key: &JobKey,
        opportunity: SalesforceId,
        recorder: Recorder<'_>,
        place: &Arc<WaitingCall>,
    ) -> Result<SalesforceId, ApiError> {
        let afterwards = recorder.of_call(&session, key, opportunity, self.deadline);
        match tokio::time::timeout(self.deadline, self.work(session.clone(), key, opportunity, afterwards, place)).await
        {
            Ok(result) => result,
            Err(_) => Err(answer::too_late(self.deadline)),
        }
    }

    async fn work(
        &self,
        session: Session,
        key: &JobKey,
        opportunity: SalesforceId,
        afterwards: Afterwards<'_>,
        place: &Arc<WaitingCall>,
    ) -> Result<SalesforceId, ApiError> {
        let turn = self.turns.turn(key).await;
        let generator = Arc::new(self.generator(session));
        let leftovers = Leftovers {
            generator: Arc::clone(&generator),
            key: key.clone(),
            turns: self.turns.clone(),
            turn,
            place: Arc::clone(place),
        };
        let watch = Watch::new(&self.cleanup, leftovers);
        let note: &NoteStaging<'_> = &|| -> BoxFuture<'_, Result<(), String>> {
            Box::pin(async {
                afterwards.record().await;
                watch.begin();
                Ok(())
            })
        };
        let outcomes = generator.generate(key, &[opportunity], false, note).await.map_err(answer::interrupted)?;
        let outcome = outcomes.into_iter().next().map(|(_, outcome)| outcome);
        let outcome =
            outcome.ok_or_else(|| ApiError::internal(anyhow::anyhow!("the generator forgot its Opportunity")))?;
        match single::quote_of(outcome) {
            Ok((quote, lines)) => {
                watch.settle();
                afterwards.settle(&self.cleanup);
                tracing::info!(%opportunity, %quote, lines, "quoted");
                Ok(quote)
            }
            Err(failure) => Err(answer::refused(failure)),
        }
    }

    fn generator(&self, session: Session) -> Generator {
        let api_version = session.api_version.clone();
        let client = Client::new(self.http.clone(), Arc::new(FixedSession(session)), self.client.clone());
        let rules = Arc::clone(&self.quotes.rules);
        // The deadline drops the work as a whole; nothing else cancels it.
        Generator::new(client, api_version, rules, self.quotes.generator.clone(), CancellationToken::new())
    }
}
