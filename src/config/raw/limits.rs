//! Limits of a run: what resources it may use, and when its inputs look like a broken export.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a run may use, and when it stops because an input looks broken.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Memory that the run may use, in megabytes.
    #[schemars(range(min = 256))]
    pub memory_mb_max: Option<u64>,
    /// Rows of all inputs that one shard should hold; default 200,000, which fits the caches.
    #[schemars(range(min = 1))]
    pub shard_rows_max: Option<u64>,
    /// Number of shards; default from the rows.
    #[schemars(range(min = 1, max = 4096))]
    pub shards: Option<u32>,
    /// Shards that run side by side; default one per core.
    #[schemars(range(min = 1, max = 256))]
    pub workers: Option<u32>,
    /// The run stops if more than this share of an input's rows are bad or contradict each other; default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub quarantine_share_max: Option<f64>,
    /// Up to this many bad rows of an input never stop the run; default 20.
    pub quarantine_rows_min: Option<u64>,
    /// The run stops if an input has fewer rows than this percentage of what the newest published run read; default 80.
    #[schemars(range(max = 100))]
    pub rows_percent_min: Option<u32>,
    /// The run stops if the open amount, debtors or items moved by more than this percentage since the newest published
    /// run; default 50.
    #[schemars(range(min = 1, max = 100000))]
    pub position_percent_max: Option<u32>,
    /// The run stops if payments that name no known invoice, and negative ones that reverse nothing, are more than this
    /// percentage of all that was paid; default 5.
    #[schemars(range(max = 100))]
    pub unmatched_percent_max: Option<u32>,
    /// The run stops if more unpaid items of a company fell due in three months before its payments begin than this percentage
    /// of what it bills in the three months after: the export may hold the last months' payments alone; default 50,
    /// 100 = never.
    #[schemars(range(max = 100))]
    pub unpaid_start_percent_max: Option<u32>,
    /// The run stops if one group has more than 100 debtors and more than this percentage of all, because its id looks
    /// like a placeholder; default 5.
    #[schemars(range(max = 100))]
    pub group_debtors_percent_max: Option<u32>,
    /// Days back for which contact_log is read; at least the longest window of caps, gaps and answers.
    #[schemars(range(min = 1, max = 3650))]
    pub history_days: Option<u32>,
    /// Days for which an action that nobody reported on is kept after it last mattered to anything open; default 90. An
    /// invoice that is reopened later starts its steps again.
    #[schemars(range(min = 1, max = 3650))]
    pub remembered_days: Option<u32>,
    /// The run stops if its actions are more than this percentage above the usual number; default 200. The usual number
    /// is the median of the last runs that sent any.
    #[schemars(range(min = 10, max = 100000))]
    pub volume_percent_max: Option<u32>,
    /// Folder for scratch files; none = the system's.
    pub scratch_dir: Option<String>,
}
