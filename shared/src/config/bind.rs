//! Where a web process listens.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use super::reader::Reader;

/// The setting that gives up the protection of [`Callers::Header`].
const TRUST_ANYONE: &str = "TRUST_CLIENT_CONTEXT_FROM_ANYONE";

/// How a web process knows in whose name a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// By the header `x-client-context`, which the AppLink service mesh checks and passes on. The process believes it, so
    /// whoever reaches the process without the mesh can call in any user's name.
    Header,
    /// By a credential that the process checks itself.
    Credential,
}

/// The address of a web process.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `APP_PORT` | | port behind the AppLink service mesh; when set, `PORT` belongs to the mesh and the process listens on loopback only |
/// | `PORT` | 8080 | public port, as Heroku gives it |
/// | `BIND_ADDRESS` | see below | IP address to listen on |
/// | `TRUST_CLIENT_CONTEXT_FROM_ANYONE` | false | with [`Callers::Header`]: believe everybody who reaches the process |
///
/// Without `BIND_ADDRESS` a process listens on loopback behind the mesh, and on all addresses otherwise. One with
/// [`Callers::Header`] listens on loopback in any case, and refuses another address, unless
/// `TRUST_CLIENT_CONTEXT_FROM_ANYONE` is true. On a dyno (`DYNO` is set) nobody would reach it there, so that it asks for
/// `APP_PORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bind {
    /// IP address and port; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Nothing stands between this address and handlers that believe the header.
    believes_anyone: bool,
}

impl Bind {
    /// Reads the variables above.
    pub fn read(reader: &mut Reader<'_>, callers: Callers) -> Self {
        let port = reader.optional("PORT", 8080);
        let app_port = reader.optional_value::<u16>("APP_PORT");
        let trusts_anyone = reader.optional("TRUST_CLIENT_CONTEXT_FROM_ANYONE", false);
        let given = reader.optional_value::<IpAddr>("BIND_ADDRESS");
        let believes_header = callers == Callers::Header;
        let sheltered = believes_header && !trusts_anyone;
        // Behind the mesh every request is trusted, so nobody else may reach the process.
        let default = if app_port.is_some() || sheltered { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        let ip = given.unwrap_or(IpAddr::V4(default));
        if sheltered && !ip.to_canonical().is_loopback() {
            let message = format!(
                "must be a loopback address: this process believes the header x-client-context, so whoever reaches it can \
                 call in any user's name; set APP_PORT behind the AppLink service mesh, or {TRUST_ANYONE}=true where \
                 nobody else reaches it"
            );
            reader.problem("BIND_ADDRESS", message);
        }
        if sheltered && app_port.is_none() && reader.optional_value::<String>("DYNO").is_some() {
            let message = "is not set; on Heroku the AppLink service mesh has PORT and this process APP_PORT: start it with \
                           bin/start";
            reader.problem("APP_PORT", message);
        }
        let believes_anyone = believes_header && (app_port.is_none() || !ip.to_canonical().is_loopback());
        Self { address: SocketAddr::new(ip, app_port.unwrap_or(port)), believes_anyone }
    }

    /// Binds the address. Warns when nothing checks in whose name requests come.
    ///
    /// # Errors
    /// The system's, for instance when the port is taken.
    pub fn listener(&self) -> io::Result<TcpListener> {
        let listener = TcpListener::bind(self.address).map_err(|error| {
            let address = self.address;
            io::Error::new(error.kind(), format!("cannot listen on {address} (PORT, APP_PORT, BIND_ADDRESS): {error}"))
        })?;
        if self.believes_anyone {
            let address = listener.local_addr()?;
            let reach =
                if address.ip().to_canonical().is_loopback() { "from this machine only" } else { "from the network" };
            tracing::warn!(
                %address,
                reach,
                "no AppLink service mesh in front (APP_PORT): whoever reaches this address can call in any user's name"
            );
        }
        Ok(listener)
    }
}
