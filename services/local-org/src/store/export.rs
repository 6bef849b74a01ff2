//! Queries whose records are written as rows.

use super::Tx;
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef};
use crate::soql::{self, ExecuteOptions, Export};

impl Tx<'_> {
    /// Checks a query and gives the API name of its object.
    ///
    /// # Errors
    /// Those of [`Export::new`].
    pub(crate) fn check_export(&self, soql: &str, api_version: &str) -> Result<String, ApiError> {
        self.with_export(soql, false, api_version, |export| Ok(export.object().to_owned()))
    }

    /// Runs a query and gives the names of its columns and then each record's values to `write`; tells how many records
    /// there were.
    ///
    /// # Errors
    /// Those of [`Export`], and what `write` returns.
    pub(crate) fn export(
        &mut self,
        soql: &str,
        include_deleted: bool,
        api_version: &str,
        write: &mut dyn FnMut(&[String]) -> Result<(), ApiError>,
    ) -> Result<u64, ApiError> {
        let count = self.with_export(soql, include_deleted, api_version, |export| {
            let names: Vec<String> = export.names().into_iter().map(str::to_owned).collect();
            write(&names)?;
            export.each_row(self.connection, write)
        })?;
        self.rows += count;
        Ok(count)
    }

    fn with_export<T>(
        &self,
        soql: &str,
        include_deleted: bool,
        api_version: &str,
        work: impl FnOnce(&Export<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let query = soql::parse(soql)?;
        self.refresh(soql)?;
        let visible = |object: &ObjectDef, field: &FieldDef| self.visible(object, field);
        let only = |object: &ObjectDef| self.only(object);
        let options = ExecuteOptions {
            api_version,
            include_deleted,
            now: self.now,
            user: Some(&self.actor.user_id),
            visible: &visible,
            only: &only,
        };
        work(&Export::new(&self.catalog.schema, &query, &options)?)
    }
}
