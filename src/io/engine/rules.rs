//! The rules of the physical optimizer that our plans need, in the engine's order.
//!
//! A run plans some 140 queries, and all that the optimizer did took a third of a small run. Our tables lie in memory in one
//! partition each: most of its rules have nothing to find there (files to prune, rows to spread over cores, streams to
//! buffer), and each walks through every plan to learn so.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::combine_partial_final_agg::CombinePartialFinalAggregate;
use datafusion::physical_optimizer::ensure_requirements::EnsureRequirements;
use datafusion::physical_optimizer::ensure_requirements::enforce_sorting::sort_pushdown::{
    SortPushDown, assign_initial_requirements, pushdown_sorts,
};
use datafusion::physical_optimizer::ensure_requirements::enforce_sorting::{PlanWithCorrespondingSort, ensure_sorting};
use datafusion::physical_optimizer::join_selection::JoinSelection;
use datafusion::physical_optimizer::limit_pushdown::LimitPushdown;
use datafusion::physical_optimizer::output_requirements::OutputRequirements;
use datafusion::physical_optimizer::projection_pushdown::ProjectionPushdown;
use datafusion::physical_optimizer::sanity_checker::SanityCheckPlan;
use datafusion::physical_optimizer::update_aggr_exprs::OptimizeAggregateOrder;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

/// One of the engine's rules.
type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// All that are needed: the side of a join that is hashed, the order that windows ask for, aggregates in one step, columns
/// that nobody reads. The last one checks the plan.
pub(super) fn all() -> Vec<Rule> {
    vec![
        Arc::new(OutputRequirements::new_add_mode()),
        Arc::new(JoinSelection::new()),
        Arc::new(EnsureOrder),
        Arc::new(CombinePartialFinalAggregate::new()),
        Arc::new(OptimizeAggregateOrder::new()),
        Arc::new(OutputRequirements::new_remove_mode()),
        Arc::new(LimitPushdown::new()),
        Arc::new(ProjectionPushdown::new()),
        Arc::new(SanityCheckPlan::new()),
    ]
}

/// `EnsureRequirements` without what it does for several partitions, where a plan has one throughout: six walks less.
#[derive(Debug)]
struct EnsureOrder;

impl PhysicalOptimizerRule for EnsureOrder {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !is_in_one_partition(&plan)? {
            return EnsureRequirements::new().optimize(plan, config);
        }
        let sorted = PlanWithCorrespondingSort::new_default(plan).transform_up(ensure_sorting).data()?;
        let mut pushed = SortPushDown::new_default(sorted.plan);
        assign_initial_requirements(&mut pushed);
        Ok(pushdown_sorts(pushed)?.plan)
    }

    fn name(&self) -> &str {
        "EnsureOrder"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn is_in_one_partition(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let mut is_one = true;
    plan.apply(|node| {
        is_one = node.output_partitioning().partition_count() == 1;
        Ok(if is_one { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(is_one)
}
