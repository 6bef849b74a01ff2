//! The sales stages of a new org and what follows from them.

/// One value of `Opportunity.StageName`.
pub(crate) struct Stage {
    /// Value and label.
    pub(crate) name: &'static str,
    /// Default `Probability` in percent.
    pub(crate) probability: i64,
    /// `ForecastCategory`.
    pub(crate) forecast: &'static str,
    /// `ForecastCategoryName`.
    pub(crate) forecast_name: &'static str,
}

impl Stage {
    const fn new(name: &'static str, probability: i64, forecast: &'static str, forecast_name: &'static str) -> Self {
        Self { name, probability, forecast, forecast_name }
    }

    /// Whether an Opportunity of this stage is closed (won or lost).
    pub(crate) fn is_closed(&self) -> bool {
        self.is_won() || self.forecast == "Omitted"
    }

    /// Whether an Opportunity of this stage is won.
    pub(crate) fn is_won(&self) -> bool {
        self.forecast == "Closed"
    }
}

/// The stages of a new org, in order.
pub(crate) const STAGES: [Stage; 10] = [
    Stage::new("Prospecting", 10, "Pipeline", "Pipeline"),
    Stage::new("Qualification", 10, "Pipeline", "Pipeline"),
    Stage::new("Needs Analysis", 20, "Pipeline", "Pipeline"),
    Stage::new("Value Proposition", 50, "Pipeline", "Pipeline"),
    Stage::new("Id. Decision Makers", 60, "Pipeline", "Pipeline"),
    Stage::new("Perception Analysis", 70, "Pipeline", "Pipeline"),
    Stage::new("Proposal/Price Quote", 75, "Pipeline", "Pipeline"),
    Stage::new("Negotiation/Review", 90, "Pipeline", "Pipeline"),
    Stage::new("Closed Won", 100, "Closed", "Closed"),
    Stage::new("Closed Lost", 0, "Omitted", "Omitted"),
];

/// The stage of that name; picklist values compare without regard to case.
pub(crate) fn stage(name: &str) -> Option<&'static Stage> {
    STAGES.iter().find(|stage| stage.name.eq_ignore_ascii_case(name))
}
