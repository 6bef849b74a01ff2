//! The resources of the data API: which path and method mean what.

use std::fmt;

/// HTTP methods of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Method {
    /// The method of that name, in upper case only.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "GET" | "HEAD" => Self::Get,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which layouts of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LayoutKind {
    /// `layouts`
    Full,
    /// `compactLayouts`
    Compact,
    /// `approvalLayouts`
    Approval,
}

impl LayoutKind {
    /// The kind that a path names.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "layouts" => Self::Full,
            "compactLayouts" => Self::Compact,
            "approvalLayouts" => Self::Approval,
            _ => return None,
        })
    }
}

/// A resource below `/services/data/vXX.X`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The version itself: its resources.
    Index,
    /// `limits`
    Limits,
    /// `limits/recordCount`
    RecordCount,
    /// `search`
    Search,
    /// `parameterizedSearch`
    ParameterizedSearch,
    /// `query`, `queryAll`
    Query { deleted: bool },
    /// `query/<locator>`
    QueryMore { locator: String },
    /// `recent`
    Recent,
    /// `sobjects`
    Sobjects,
    /// `sobjects/X`
    Sobject { object: String },
    /// `sobjects/X/describe`
    Describe { object: String },
    /// `sobjects/X/describe/layouts` and its likes, and with the id of a record type
    Layouts { object: String, kind: LayoutKind, record_type: Option<String> },
    /// `sobjects/X/listviews`
    ListViews { object: String },
    /// `sobjects/X/updated`, `sobjects/X/deleted`
    Changes { object: String, deleted: bool },
    /// `sobjects/X/<id>`
    Record { object: String, id: String },
    /// `sobjects/X/<field>/<value>`
    ExternalId { object: String, field: String, value: String },
    /// `composite`
    Composite,
    /// `composite/graph`
    Graph,
    /// `composite/batch`
    Batch,
    /// `composite/tree/X`
    Tree { object: String },
    /// `composite/sobjects`
    Collection,
    /// `composite/sobjects/X`
    CollectionOf { object: String },
    /// `composite/sobjects/X/<field>`
    CollectionByExternalId { object: String, field: String },
    /// `tooling/query`
    ToolingQuery,
    /// `tooling/executeAnonymous`
    ExecuteAnonymous,
    /// `tooling/runTestsAsynchronous`, `tooling/runTestsSynchronous`
    RunTests,
    /// `tooling/sobjects/X`
    ToolingObject { object: String },
    /// `tooling/sobjects/X/<id>`
    ToolingRecord { object: String, id: String },
}

impl Resource {
    /// The resource of these decoded path segments.
    pub(crate) fn parse(segments: &[&str]) -> Option<Self> {
        let own = |text: &str| text.to_owned();
        Some(match *segments {
            [] => Self::Index,
            ["limits"] => Self::Limits,
            ["limits", "recordCount"] => Self::RecordCount,
            ["search"] => Self::Search,
            ["parameterizedSearch"] => Self::ParameterizedSearch,
            ["query"] => Self::Query { deleted: false },
            ["queryAll"] => Self::Query { deleted: true },
            ["query" | "queryAll", locator] => Self::QueryMore { locator: own(locator) },
            ["recent"] => Self::Recent,
            ["sobjects"] => Self::Sobjects,
            ["sobjects", object] => Self::Sobject { object: own(object) },
            ["sobjects", object, "describe"] => Self::Describe { object: own(object) },
            ["sobjects", object, "listviews"] => Self::ListViews { object: own(object) },
            ["sobjects", object, "updated"] => Self::Changes { object: own(object), deleted: false },
            ["sobjects", object, "deleted"] => Self::Changes { object: own(object), deleted: true },
            ["sobjects", object, "describe", kind] if let Some(kind) = LayoutKind::parse(kind) => {
                Self::Layouts { object: own(object), kind, record_type: None }
            }
            ["sobjects", object, "describe", kind, id] if let Some(kind) = LayoutKind::parse(kind) => {
                Self::Layouts { object: own(object), kind, record_type: Some(own(id)) }
            }
            ["sobjects", object, id] => Self::Record { object: own(object), id: own(id) },
            ["sobjects", object, field, value] => {
                Self::ExternalId { object: own(object), field: own(field), value: own(value) }
            }
            ["composite"] => Self::Composite,
            ["composite", "graph"] => Self::Graph,
            ["composite", "batch"] => Self::Batch,
            ["composite", "tree", object] => Self::Tree { object: own(object) },
            ["composite", "sobjects"] => Self::Collection,
            ["composite", "sobjects", object] => Self::CollectionOf { object: own(object) },
            ["composite", "sobjects", object, field] => {
                Self::CollectionByExternalId { object: own(object), field: own(field) }
            }
            ["tooling", "query"] => Self::ToolingQuery,
            ["tooling", "executeAnonymous"] => Self::ExecuteAnonymous,
            ["tooling", "runTestsAsynchronous" | "runTestsSynchronous"] => Self::RunTests,
            ["tooling", "sobjects", object] => Self::ToolingObject { object: own(object) },
            ["tooling", "sobjects", object, id] => Self::ToolingRecord { object: own(object), id: own(id) },
            _ => return None,
        })
    }

    /// The methods that the resource has, as the error of a wrong one lists them.
    pub(crate) fn methods(&self) -> &'static [Method] {
        use Method::{Delete, Get, Patch, Post};
        match self {
            Self::Index
            | Self::Limits
            | Self::RecordCount
            | Self::Search
            | Self::Query { .. }
            | Self::QueryMore { .. }
            | Self::Recent
            | Self::Sobjects
            | Self::ToolingQuery
            | Self::ExecuteAnonymous
            | Self::Layouts { .. }
            | Self::ListViews { .. }
            | Self::Changes { .. }
            | Self::Describe { .. } => &[Get],
            Self::RunTests => &[Get, Post],
            Self::Sobject { .. } | Self::ParameterizedSearch => &[Get, Post],
            // POST is for `sobjects/X/Id`: an upsert by id that can only insert.
            Self::Record { .. } | Self::ExternalId { .. } => &[Delete, Get, Patch, Post],
            Self::Composite | Self::Graph | Self::Batch | Self::Tree { .. } => &[Post],
            Self::Collection => &[Delete, Patch, Post],
            Self::CollectionOf { .. } => &[Get, Post],
            Self::CollectionByExternalId { .. } => &[Patch],
            Self::ToolingObject { .. } => &[Post],
            Self::ToolingRecord { .. } => &[Delete, Get, Patch],
        }
    }

    /// The operation as which the call is counted.
    pub(crate) fn operation(&self, method: Method) -> &'static str {
        match (self, method) {
            (Self::Index, _) => "resources",
            (Self::Limits | Self::RecordCount, _) => "limits",
            (Self::Search | Self::ParameterizedSearch, _) => "search",
            (Self::Query { deleted: false }, _) => "query",
            (Self::Query { deleted: true }, _) => "queryAll",
            (Self::QueryMore { .. }, _) => "queryMore",
            (Self::Recent, _) => "recent",
            (Self::Sobjects, _) => "describeGlobal",
            (Self::Sobject { .. }, Method::Get) | (Self::Describe { .. }, _) => "describe",
            (Self::Layouts { .. } | Self::ListViews { .. }, _) => "describe",
            (Self::Changes { deleted: false, .. }, _) => "updated",
            (Self::Changes { deleted: true, .. }, _) => "deleted",
            (Self::ExecuteAnonymous | Self::RunTests, _) => "tooling",
            (Self::Sobject { .. }, _) => "create",
            (Self::Record { .. } | Self::ExternalId { .. }, Method::Get) => "retrieve",
            (Self::Record { .. } | Self::ExternalId { .. }, Method::Delete) => "delete",
            (Self::Record { .. }, Method::Post) => "create",
            (Self::Record { .. }, _) => "update",
            (Self::ExternalId { .. }, _) => "upsert",
            (Self::Composite, _) => "composite",
            (Self::Graph, _) => "graph",
            (Self::Batch, _) => "batch",
            (Self::Tree { .. }, _) => "tree",
            (Self::Collection, Method::Post) => "createMany",
            (Self::Collection, Method::Delete) => "deleteMany",
            (Self::Collection, _) => "updateMany",
            (Self::CollectionOf { .. }, _) => "retrieveMany",
            (Self::CollectionByExternalId { .. }, _) => "upsertMany",
            (Self::ToolingQuery | Self::ToolingObject { .. } | Self::ToolingRecord { .. }, _) => "tooling",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, Resource};

    #[test]
    fn a_method_is_written_in_upper_case() {
        assert_eq!(Method::parse("PATCH"), Some(Method::Patch));
        assert_eq!(Method::parse("Patch"), None);
        assert_eq!(Method::parse("TRACE"), None);
    }

    #[test]
    fn tells_resources_apart() {
        let object = "Account".to_owned();
        assert_eq!(Resource::parse(&[]), Some(Resource::Index));
        assert_eq!(Resource::parse(&["sobjects", "Account"]), Some(Resource::Sobject { object: object.clone() }));
        assert_eq!(Resource::parse(&["sobjects", "Account", "describe"]), Some(Resource::Describe { object }));
        assert_eq!(Resource::parse(&["sobjects", "Account", "Ext__c", "1", "more"]), None);
        assert_eq!(Resource::parse(&["unknown"]), None);
    }
}
