//! Which SOAP API is called.

/// One of the SOAP APIs, as its path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// `c`
    Enterprise,
    /// `u`
    Partner,
    /// `m`
    Metadata,
    /// `s`
    Apex,
    /// `T`
    Tooling,
}

impl Api {
    /// The API of that segment of a path.
    pub(super) fn parse(segment: &str) -> Option<Self> {
        Some(match segment {
            "c" => Self::Enterprise,
            "u" => Self::Partner,
            "m" => Self::Metadata,
            "s" => Self::Apex,
            "T" => Self::Tooling,
            _ => return None,
        })
    }

    /// The namespace of its elements.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Enterprise => "urn:enterprise.soap.sforce.com",
            Self::Partner => "urn:partner.soap.sforce.com",
            Self::Metadata => "http://soap.sforce.com/2006/04/metadata",
            Self::Apex => "http://soap.sforce.com/2006/08/apex",
            Self::Tooling => "urn:tooling.soap.sforce.com",
        }
    }

    /// The namespace of its faults.
    pub(super) fn fault_namespace(self) -> &'static str {
        match self {
            Self::Enterprise => "urn:fault.enterprise.soap.sforce.com",
            Self::Partner => "urn:fault.partner.soap.sforce.com",
            Self::Tooling => "urn:fault.tooling.soap.sforce.com",
            Self::Metadata | Self::Apex => self.namespace(),
        }
    }
}
