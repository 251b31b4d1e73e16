//! Values of secrets: from the lease's tenant to the agent, and into no answer.

use crate::bench::*;
use cosmwasm_std::Binary;
use gateway_api::*;
use http::Method;

fn body(name: &str, value: &str) -> Vec<u8> {
    let secret = Secret { name: name.into(), value: Binary::from(value.as_bytes()) };
    serde_json::to_vec(&PutSecrets { secrets: vec![secret] }).unwrap()
}

#[tokio::test]
async fn values_reach_the_agent_and_are_not_given_back() {
    let bench = Bench::new().await;
    let sent = bench.ask(&bench.tenant, Method::PUT, &path("secrets"), body("KEY", "hunter2")).await;
    let known = bench.get(&bench.tenant, &path("secrets")).await;
    assert_eq!(sent.json::<Secrets>(), known.json::<Secrets>());
    assert_eq!(bench.backend.secrets.lock().unwrap()[0].value.as_slice(), b"hunter2");
}

#[tokio::test]
async fn a_request_that_is_not_understood_is_not_repeated_in_the_answer() {
    let bench = Bench::new().await;
    for body in
        [r#"{"secrets":[{"name":"KEY","value":"hunter2 is no base64"}]}"#, r#"{"hunter2":1}"#, "hunter2"]
    {
        let answer = bench.ask(&bench.tenant, Method::PUT, &path("secrets"), body).await;
        assert!(matches!(answer.problem(), Problem::BadRequest { .. }), "{answer:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"), "{answer:?}");
    }
}

#[tokio::test]
async fn nobody_else_can_send_or_ask() {
    let bench = Bench::new().await;
    for method in [Method::GET, Method::PUT] {
        let answer = bench.ask(&bench.stranger, method, &path("secrets"), body("KEY", "x")).await;
        assert_eq!(answer.problem(), Problem::NotFound);
    }
    assert!(bench.backend.secrets.lock().unwrap().is_empty());
    let answer = bench.ask(&bench.tenant, Method::DELETE, &path("secrets"), "").await;
    assert!(matches!(answer.problem(), Problem::MethodNotAllowed { .. }));
}
