//! The bill of materials: the linked packages, in `CycloneDX` 1.5.
//!
//! It is one JSON object. The crate `cyclonedx-bom` has forty dependencies to write it.

use cargo_metadata::Package;
use serde_json::{Value, json};

use crate::packages::{PROGRAMS, Packages};

/// The bill of materials of the programs for `target`, which were built from the commit of `date`.
pub(crate) fn sbom(packages: &Packages, target: &str, date: &str) -> Vec<u8> {
    let reference = |name: &str, version: &str| format!("pkg:cargo/{name}@{version}");
    let version = packages.version();
    let programs: Vec<_> = PROGRAMS.iter().map(|name| reference(name, &version)).collect();
    let product = format!("pkg:generic/aether@{version}");
    let mut dependencies = vec![json!({"ref": product, "dependsOn": programs})];
    dependencies.extend(packages.dependencies.iter().map(|((name, version), direct)| {
        let direct: Vec<_> = direct.iter().map(|(name, version)| reference(name, version)).collect();
        json!({"ref": reference(name, version), "dependsOn": direct})
    }));
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": date,
            "component": {"type": "application", "bom-ref": product, "name": "aether", "version": version},
            "properties": [{"name": "aether:target", "value": target}],
        },
        "components": packages.all().map(component).collect::<Vec<_>>(),
        "dependencies": dependencies,
    });
    let mut bytes = serde_json::to_vec_pretty(&document).expect("JSON can be written");
    bytes.push(b'\n');
    bytes
}

fn component(package: &Package) -> Value {
    let (name, version) = (package.name.as_str(), package.version.to_string());
    let purl = format!("pkg:cargo/{name}@{version}");
    let kind = if PROGRAMS.contains(&name) { "application" } else { "library" };
    let mut component = json!({"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl});
    if let Some(description) = &package.description {
        component["description"] = json!(description.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if let Some(licence) = &package.license {
        // An old form of the same expression.
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn references_lead_to_components() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let packages = Packages::linked(root, &crate::programs::host().unwrap()).unwrap();
        let document: Value = serde_json::from_slice(&sbom(&packages, "t", "2026-11-27T00:00:00Z")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let components = document["components"].as_array().unwrap();
        let known: BTreeSet<_> = components.iter().map(|component| text(&component["bom-ref"])).collect();
        assert_eq!(known.len(), components.len(), "each package is listed once");
        let dependencies = document["dependencies"].as_array().unwrap();
        assert_eq!(dependencies.len(), known.len() + 1);
        for direct in dependencies.iter().flat_map(|it| it["dependsOn"].as_array().unwrap()) {
            assert!(known.contains(&text(direct)), "{direct}");
        }
        assert!(components.iter().all(|component| component["licenses"][0]["expression"].is_string()));
    }
}
