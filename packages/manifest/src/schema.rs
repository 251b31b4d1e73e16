/// The JSON Schema of a file, for editors. It knows the shape of a file and of each value; what ties two places
/// together, [`crate::parse`] finds.
pub const SCHEMA: &str = include_str!("../../../schema/manifest.schema.json");

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use boon::{Compiler, SchemaIndex, Schemas};
    use serde_json::{Map, Number, Value as Json};

    use super::*;
    use crate::yaml::{self, Value};
    use crate::STARTER;

    struct Schema {
        schemas: Schemas,
        index: SchemaIndex,
    }

    impl Schema {
        fn read() -> Self {
            let mut compiler = Compiler::new();
            let json: Json = serde_json::from_str(SCHEMA).unwrap();
            compiler.add_resource("manifest.schema.json", json).unwrap();
            let mut schemas = Schemas::new();
            let index = compiler.compile("manifest.schema.json", &mut schemas).unwrap();
            Self { schemas, index }
        }

        /// What the schema says against a file; None when it is not YAML.
        fn against(&self, source: &[u8]) -> Option<Result<(), String>> {
            let (root, flaws) = yaml::read(source);
            if !flaws.is_empty() {
                return None;
            }
            let file = root.map_or(Json::Null, |root| json(&root.value));
            Some(self.schemas.validate(&file, self.index).map_err(|error| error.to_string()))
        }
    }

    fn json(value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number { value, .. } if value.fract() == 0.0 && value.abs() < 1e15 => {
                Json::from(*value as i64)
            }
            Value::Number { value, .. } => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            // No value of the language.
            Value::Date(_) => Json::Null,
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.clone(), json(&node.value)))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_string(), fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn everything_that_is_accepted_is_right_by_the_schema() {
        let schema = Schema::read();
        let accepted = ["tests/vectors", "tests/warnings", "tests/extension", "../../examples"]
            .into_iter()
            .flat_map(files);
        let mut count = 0;
        for (name, source) in accepted.chain([("starter".to_string(), STARTER.as_bytes().to_vec())]) {
            let against = schema.against(&source).unwrap_or_else(|| panic!("{name} is not YAML"));
            against.unwrap_or_else(|error| panic!("{name}: {error}"));
            count += 1;
        }
        assert!(count > 150);
    }

    /// Mistakes of two places that do not fit each other.
    const BEYOND: [&str; 14] = [
        "deployment-missing",
        "deployment-nowhere",
        "deployment-references",
        "deployment-unknown",
        "leased-ip",
        "leased-ip-2",
        "leased-ip-4",
        "mount-of-no-volume",
        "mount-twice",
        "name-with-tab",
        "persistent-not-mounted",
        "port-twice",
        "price-missing",
        "storage-same-name",
    ];

    #[test]
    fn the_schema_refuses_every_mistake_that_one_place_shows() {
        let schema = Schema::read();
        for (name, source) in files("tests/mistakes") {
            let Some(against) = schema.against(&source) else { continue };
            assert_eq!(against.is_ok(), BEYOND.contains(&name.as_str()), "{name}: {against:?}");
        }
    }

    #[test]
    fn every_key_has_a_meaning_in_the_schema() {
        let schema: Json = serde_json::from_str(SCHEMA).unwrap();
        let service = &schema["definitions"]["service"]["properties"];
        for (key, value) in service.as_object().unwrap() {
            assert!(value["description"].is_string(), "{key}");
        }
    }
}
