//! Akash SDL to manifest, groups and deployment version.
