//! What the chain's contract module keeps of contracts and of their code.

use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryCodeRequest, QueryCodeResponse, QueryContractInfoRequest, QueryContractInfoResponse,
};
use sha2::{Digest, Sha256};

use crate::{Client, Code, ContractOnChain, QueryError};

/// Where cw2 keeps name and version, by the contracts' own convention.
const CW2_KEY: &[u8] = b"contract_info";

impl Client {
    /// `NotFound` when there is no contract at this address.
    pub async fn contract(&self, address: &str) -> Result<ContractOnChain, QueryError> {
        let what = format!("contract {address}");
        let request = QueryContractInfoRequest { address: address.to_owned() };
        let path = "/cosmwasm.wasm.v1.Query/ContractInfo";
        let answer: QueryContractInfoResponse =
            self.ask(&what, path, &request).await.map_err(|error| absent(error, "no such contract"))?;
        let info = answer
            .contract_info
            .ok_or_else(|| QueryError::Decode { what, cause: "the answer is empty".to_owned() })?;
        let version = self.raw(address, CW2_KEY).await?;
        Ok(ContractOnChain {
            code_id: info.code_id,
            admin: Some(info.admin).filter(|admin| !admin.is_empty()),
            label: info.label,
            version: version.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
        })
    }

    /// Reads the whole Wasm, so that its hash is counted and not believed. `NotFound` when there is no such code.
    pub async fn code(&self, code_id: u64) -> Result<Code, QueryError> {
        let what = format!("code {code_id}");
        let path = "/cosmwasm.wasm.v1.Query/Code";
        let answer: QueryCodeResponse = self
            .ask(&what, path, &QueryCodeRequest { code_id })
            .await
            .map_err(|error| absent(error, "no such code"))?;
        let info = answer
            .code_info
            .ok_or_else(|| QueryError::Decode { what, cause: "the answer is empty".to_owned() })?;
        Ok(Code {
            sha256: hex::encode(info.data_hash),
            sha256_of_bytes: hex::encode(Sha256::digest(&answer.data)),
        })
    }
}

/// The module has codes of its own for what does not exist.
fn absent(error: QueryError, words: &str) -> QueryError {
    match error {
        QueryError::Chain { what, message, .. }
            if message.contains(words) || message.contains("not found") =>
        {
            QueryError::NotFound { what, message }
        }
        other => other,
    }
}
