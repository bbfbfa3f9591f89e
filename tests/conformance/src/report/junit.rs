//! The report as the XML of JUnit.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::Report;
use crate::suite::Outcome;

impl Report {
    /// The report as the XML of JUnit: one test suite for each module.
    ///
    /// # Errors
    /// If the XML cannot be written.
    pub fn to_junit(&self) -> Result<String, quick_junit::SerializeError> {
        let mut document = Document::new("aether-conformance");
        document.set_time(self.duration).set_timestamp(self.begun_at.fixed_offset());
        let mut suites: Vec<TestSuite> = Vec::new();
        for result in &self.results {
            let (module, name) = result.name.split_once("::").unwrap_or(("", &result.name));
            let status = match &result.outcome {
                Outcome::Passed => TestCaseStatus::success(),
                Outcome::Failed(reason) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(reason.lines().next().unwrap_or_default()).set_description(reason);
                    status
                }
                Outcome::Skipped(reason) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(reason);
                    status
                }
            };
            let mut case = TestCase::new(name, status);
            case.set_classname(format!("aether-conformance.{module}")).set_time(result.duration);
            // The results have the order of the modules.
            if suites.last().is_none_or(|suite| suite.name.as_str() != module) {
                suites.push(TestSuite::new(module));
            }
            suites.last_mut().expect("a suite of the module").add_test_case(case);
        }
        // An end that fails is a failure for CI systems, too.
        if !self.cleanup.is_complete() || self.is_interrupted {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(if self.is_interrupted {
                "interrupted"
            } else {
                "tokens of the run were or are active after its end"
            });
            let mut suite = TestSuite::new("run");
            suite.add_test_case(TestCase::new("end", status));
            suites.push(suite);
        }
        document.add_test_suites(suites);
        document.to_string()
    }
}
