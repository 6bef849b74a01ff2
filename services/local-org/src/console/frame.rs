//! What every page loads.

use super::assets;

/// What all pages have around their content.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
}

impl Frame {
    pub(super) fn new() -> Self {
        let [style, script, icon] = ["console.css", "console.js", "icon.svg"].map(assets::address);
        Self { style, script, icon }
    }
}
