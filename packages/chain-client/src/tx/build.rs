//! From messages to signed bytes.

use std::sync::{Arc, Mutex};

use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmos::crypto::secp256k1::PubKey;
use cosmrs::proto::cosmos::tx::signing::v1beta1::SignMode;
use cosmrs::proto::cosmos::tx::v1beta1::{
    mode_info, AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw,
};
use cosmrs::proto::prost::Message as _;
use cosmrs::Any;
use sha2::{Digest, Sha256};

use super::outcome::{classify, message_index, Refusal};
use crate::client::SimulateError;
use crate::{Account, Client, Msg, QueryError, Signer, TxError};

/// How often a simulation follows a sequence that moves on under it.
const SEQUENCE_TRIES: u32 = 8;

/// Ready to be broadcast.
pub struct Signed {
    pub bytes: Vec<u8>,
    /// Hex, upper case.
    pub hash: String,
}

/// What all messages of a transaction share.
pub struct Envelope<'a> {
    pub account: Account,
    pub gas_limit: u64,
    pub fee: u128,
    pub denom: &'a str,
    pub timeout_height: u64,
}

impl Envelope<'_> {
    fn parts(&self, signer: &dyn Signer, messages: Vec<Any>) -> (Vec<u8>, Vec<u8>) {
        let body = TxBody { messages, timeout_height: self.timeout_height, ..TxBody::default() };
        let key = PubKey { key: signer.public_key() }.encode_to_vec();
        let single = mode_info::Single { mode: SignMode::Direct.into() };
        let amount = match self.fee {
            0 => vec![],
            fee => vec![Coin { denom: self.denom.to_owned(), amount: fee.to_string() }],
        };
        let auth = AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key: Some(Any { type_url: "/cosmos.crypto.secp256k1.PubKey".to_owned(), value: key }),
                mode_info: Some(ModeInfo { sum: Some(mode_info::Sum::Single(single)) }),
                sequence: self.account.sequence,
            }],
            fee: Some(Fee { amount, gas_limit: self.gas_limit, ..Fee::default() }),
            ..AuthInfo::default()
        };
        (body.encode_to_vec(), auth.encode_to_vec())
    }

    pub async fn sign(
        &self,
        chain_id: &str,
        signer: &dyn Signer,
        messages: Vec<Any>,
    ) -> Result<Signed, TxError> {
        let (body_bytes, auth_info_bytes) = self.parts(signer, messages);
        let document = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id: chain_id.to_owned(),
            account_number: self.account.number,
        };
        let signature = signer
            .sign(&document.encode_to_vec())
            .await
            .map_err(|e| TxError::Sign { detail: e.to_string() })?;
        let bytes = TxRaw { body_bytes, auth_info_bytes, signatures: vec![signature] }.encode_to_vec();
        let hash = hex::encode_upper(Sha256::digest(&bytes));
        Ok(Signed { bytes, hash })
    }

    /// With a signature of the right size and no meaning, which simulations accept.
    fn unsigned(&self, signer: &dyn Signer, messages: Vec<Any>) -> Vec<u8> {
        let (body_bytes, auth_info_bytes) = self.parts(signer, messages);
        TxRaw { body_bytes, auth_info_bytes, signatures: vec![vec![0; 64]] }.encode_to_vec()
    }
}

/// What is known of the account, shared by everything that simulates and the queue that sends.
#[derive(Clone, Default)]
pub struct Sequence(Arc<Mutex<Option<Account>>>);

impl Sequence {
    fn known(&self) -> Option<Account> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub fn set(&self, account: Option<Account>) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = account;
    }

    /// What is known, else what the chain says.
    pub async fn get(&self, client: &Client, address: &str, denom: &str) -> Result<Account, TxError> {
        if let Some(account) = self.known() {
            return Ok(account);
        }
        let account = client.account(address).await.map_err(|error| match error {
            QueryError::NotFound { message, .. } => {
                TxError::EmptyWallet { address: address.to_owned(), denom: denom.to_owned(), detail: message }
            }
            other => TxError::Unreachable { detail: other.to_string() },
        })?;
        self.set(Some(account.clone()));
        Ok(account)
    }
}

/// A simulation without a result.
pub enum Unsimulated {
    /// Nobody could be asked, or nothing can be sent at all.
    Hindered(TxError),
    /// The chain says that the transaction would fail, with the index of the message where it names one.
    Fails(TxError, Option<usize>),
}

impl From<Unsimulated> for TxError {
    fn from(unsimulated: Unsimulated) -> Self {
        match unsimulated {
            Unsimulated::Hindered(error) | Unsimulated::Fails(error, _) => error,
        }
    }
}

/// Gas of these messages in one transaction.
pub async fn simulate_any(
    client: &Client,
    signer: &dyn Signer,
    sequence: &Sequence,
    denom: &str,
    messages: Vec<Any>,
) -> Result<u64, Unsimulated> {
    let mut account = sequence.get(client, signer.address(), denom).await.map_err(Unsimulated::Hindered)?;
    let mut tries = 0;
    loop {
        // The smallest fee, so that paying it is part of what is simulated; without a denom there is none.
        let fee = u128::from(!denom.is_empty());
        let envelope = Envelope { account: account.clone(), gas_limit: 0, fee, denom, timeout_height: 0 };
        let (refusal, log) = match client.simulate_bytes(&envelope.unsigned(signer, messages.clone())).await {
            Ok(gas) => return Ok(gas),
            Err(SimulateError::Query(error)) => {
                return Err(Unsimulated::Hindered(TxError::Unreachable { detail: error.to_string() }));
            }
            Err(SimulateError::Refused { code, codespace, log }) => (classify(code, &codespace, &log), log),
        };
        match refusal {
            // Our own transactions move it while this one waits its turn; asking costs nothing.
            Refusal::WrongSequence { expected: Some(expected), .. } if tries < SEQUENCE_TRIES => {
                tries += 1;
                account.sequence = expected;
            }
            other => {
                let error = other.into_error(signer.address(), denom, 0);
                return Err(Unsimulated::Fails(error, message_index(&log)));
            }
        }
    }
}

/// Gas of these messages in one transaction of `signer`.
pub async fn simulate(client: &Client, msgs: &[Msg], signer: &dyn Signer) -> Result<u64, TxError> {
    let messages = msgs.iter().map(|msg| msg.to_any(signer.address())).collect::<Result<Vec<_>, _>>()?;
    Ok(simulate_any(client, signer, &Sequence::default(), "", messages).await?)
}
