//! The Pub/Sub API (gRPC, package `eventbus.v1`) of all orgs, on ports of its own.
//!
//! A call begins with the caller's session ([`call`]); the access token alone tells the org. Then [`topics`] decides what
//! the caller may use, [`publish`] checks and publishes events, and [`delivery`] sends them to subscribers from the
//! org's log (`crate::bus`). The end of a session ends no open stream, as in a real org. Streams, their faults and
//! managed subscriptions are kept in `crate::streams`.

mod call;
mod connection;
mod credit;
mod delivery;
mod failure;
mod guard;
mod listener;
mod managed;
mod publish;
mod subscribe;
mod topics;

use actix_web::web;
use pubsub_proto::pub_sub_server::PubSub;
use pubsub_proto::{
    FetchRequest, FetchResponse, ManagedFetchRequest, ManagedFetchResponse, PublishRequest, PublishResponse,
    SchemaInfo, SchemaRequest, TopicInfo, TopicRequest,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use self::call::Call;
pub(crate) use self::listener::Servers;
use crate::host::Host;

/// The service.
struct Service {
    host: web::Data<Host>,
}

type Answers<T> = ReceiverStream<Result<T, Status>>;

impl Service {
    fn begin<T>(&self, rpc: &'static str, request: &Request<T>) -> Result<Call, Status> {
        Call::begin(&self.host, rpc, request.metadata(), request.extensions())
    }
}

#[tonic::async_trait]
impl PubSub for Service {
    type SubscribeStream = Answers<FetchResponse>;
    type PublishStreamStream = Answers<PublishResponse>;
    type ManagedSubscribeStream = Answers<ManagedFetchResponse>;

    async fn subscribe(
        &self,
        request: Request<Streaming<FetchRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let call = self.begin("Subscribe", &request)?;
        let stream = call.stream();
        let (sender, responses) = mpsc::channel(1);
        tokio::spawn(subscribe::run(call, stream, request.into_inner(), sender));
        Ok(Response::new(ReceiverStream::new(responses)))
    }

    async fn get_schema(&self, request: Request<SchemaRequest>) -> Result<Response<SchemaInfo>, Status> {
        let call = self.begin("GetSchema", &request)?;
        let found = topics::schema(&call, &request.get_ref().schema_id);
        found.map(Response::new).map_err(|failure| call.status(&failure))
    }

    async fn get_topic(&self, request: Request<TopicRequest>) -> Result<Response<TopicInfo>, Status> {
        let call = self.begin("GetTopic", &request)?;
        let found = topics::topic(&call, &request.get_ref().topic_name).await;
        found.map(Response::new).map_err(|failure| call.status(&failure))
    }

    async fn publish(&self, request: Request<PublishRequest>) -> Result<Response<PublishResponse>, Status> {
        let call = self.begin("Publish", &request)?;
        let published = publish::once(&call, request.into_inner()).await;
        published.map(Response::new).map_err(|failure| call.status(&failure))
    }

    async fn publish_stream(
        &self,
        request: Request<Streaming<PublishRequest>>,
    ) -> Result<Response<Self::PublishStreamStream>, Status> {
        let call = self.begin("PublishStream", &request)?;
        let stream = call.stream();
        let (sender, responses) = mpsc::channel(1);
        tokio::spawn(publish::run(call, stream, request.into_inner(), sender));
        Ok(Response::new(ReceiverStream::new(responses)))
    }

    async fn managed_subscribe(
        &self,
        request: Request<Streaming<ManagedFetchRequest>>,
    ) -> Result<Response<Self::ManagedSubscribeStream>, Status> {
        let call = self.begin("ManagedSubscribe", &request)?;
        let stream = call.stream();
        let (sender, responses) = mpsc::channel(1);
        tokio::spawn(managed::run(call, stream, request.into_inner(), sender));
        Ok(Response::new(ReceiverStream::new(responses)))
    }
}
