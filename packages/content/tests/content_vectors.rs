//! The published vectors, which others check themselves against.

use content::{verify, ContentId, ContentRef, Hash, Store};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vectors {
    about: String,
    vectors: Vec<Vector>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vector {
    /// Byte number n of the content is `(n / 262144 * 31 + n) mod 256`.
    size: u64,
    id: String,
    /// Hashes beside the way of the first, the middle and the last chunk, from below.
    proofs: Vec<Proof>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Proof {
    chunk: u32,
    path: Vec<String>,
}

const SIZES: [u64; 9] = [0, 1, 262_143, 262_144, 262_145, 786_432, 1_310_721, 1_835_008, 2_097_152];

fn bytes(size: u64) -> Vec<u8> {
    (0..size).map(|at| (at / 262_144 * 31 + at) as u8).collect()
}

fn compute() -> Vectors {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let vectors = SIZES.map(|size| {
        let content = store.import(&mut &bytes(size)[..]).unwrap();
        let entry = store.get(content).unwrap().unwrap();
        let chunks = content.shape().unwrap().chunks();
        let mut places = vec![0, chunks / 2, chunks - 1];
        places.dedup();
        let proofs = places.into_iter().map(|chunk| Proof {
            chunk,
            path: entry.chunk(chunk).unwrap().unwrap().path.iter().map(hex::encode).collect(),
        });
        Vector { size, id: content.id.to_string(), proofs: proofs.collect() }
    });
    Vectors {
        about: "Content ids and proofs. Byte number n of each content is (n / 262144 * 31 + n) mod 256."
            .into(),
        vectors: vectors.into(),
    }
}

#[test]
fn the_published_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");
    let computed = compute();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(path, serde_json::to_string_pretty(&computed).unwrap() + "\n").unwrap();
    }
    let published: Vectors = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(published, computed, "UPDATE_VECTORS=1 writes them anew, which breaks every id in use");
    for vector in &published.vectors {
        let content = ContentRef { id: vector.id.parse::<ContentId>().unwrap(), size: vector.size };
        let data = bytes(vector.size);
        for proof in &vector.proofs {
            let start = proof.chunk as usize * content::CHUNK_BYTES;
            let chunk = &data[start..data.len().min(start + content::CHUNK_BYTES)];
            let path: Vec<Hash> =
                proof.path.iter().map(|hash| hex::decode(hash).unwrap().try_into().unwrap()).collect();
            assert!(verify(&content, proof.chunk, chunk, &path), "{} {}", vector.size, proof.chunk);
        }
    }
}
