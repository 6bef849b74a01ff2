//! Where a web process listens.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use super::reader::Reader;

/// The address of a web process.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `APP_PORT` | | port behind the AppLink service mesh; when set, `PORT` belongs to the mesh and the process listens on loopback only |
/// | `PORT` | 8080 | public port, as Heroku gives it |
/// | `BIND_ADDRESS` | see above | IP address to listen on, whatever the rest says |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bind {
    /// IP address and port; port 0 lets the system choose.
    pub address: SocketAddr,
}

impl Bind {
    /// Reads the variables above.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let port = reader.optional("PORT", 8080);
        // Behind the mesh every request is trusted, so nobody else may reach the process.
        let (ip, port) = match reader.optional_value::<u16>("APP_PORT") {
            Some(app_port) => (Ipv4Addr::LOCALHOST, app_port),
            None => (Ipv4Addr::UNSPECIFIED, port),
        };
        let ip = reader.optional("BIND_ADDRESS", IpAddr::V4(ip));
        Self { address: SocketAddr::new(ip, port) }
    }

    /// Binds the address.
    ///
    /// # Errors
    /// The system's, for instance when the port is taken.
    pub fn listener(&self) -> io::Result<TcpListener> {
        TcpListener::bind(self.address)
    }
}
