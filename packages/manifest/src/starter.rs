/// A commented file to start from: one service, reachable from the internet, and the parts that most files need next.
/// It is a file that deploys as it is.
pub const STARTER: &str = include_str!("../starter.yaml");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn the_starter_deploys_as_it_is_and_needs_nothing_rare() {
        let sdl = parse("starter.yaml", STARTER.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(sdl.warnings(), []);
        assert_eq!(sdl.manifest().needs(), []);
    }

    #[test]
    fn every_part_of_the_starter_that_is_commented_out_is_right_too() {
        let whole: Vec<String> = STARTER
            .lines()
            .map(|line| match line.split_once("#~ ") {
                Some((indent, rest)) if indent.trim().is_empty() => format!("{indent}{rest}"),
                _ => line.to_string(),
            })
            .collect();
        let whole = whole.join("\n");
        assert_ne!(whole, STARTER.trim_end());
        let sdl =
            parse("starter.yaml", whole.as_bytes()).unwrap_or_else(|errors| panic!("{errors}\n{whole}"));
        assert_eq!(sdl.warnings(), []);
        let manifest = sdl.manifest();
        let service = manifest.groups.first().and_then(|group| group.service("web")).unwrap();
        assert!(
            !service.env.is_empty() && service.mount("data").is_some() && service.resources.gpu.units > 0
        );
    }
}
