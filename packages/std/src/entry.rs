/// Exports a contract's entry points to the chain. Messages arrive as [`Json`](crate::json::Json) and are read from
/// there as `contract::{instantiate, execute, query, migrate}`' own types; `reply` is added where it is named.
///
/// ```ignore
/// cloud_std::entry_points!(reply);
/// ```
// `crate` is the contract that calls it.
#[allow(clippy::crate_in_macro_def)]
#[macro_export]
macro_rules! entry_points {
    ($($reply:ident)?) => {
        // Left out where another crate links the contract: two contracts would export the same names.
        #[cfg(not(feature = "library"))]
        mod entry {
            use ::cosmwasm_std::{entry_point, Binary, Deps, DepsMut, Env, MessageInfo, Response};
            use $crate::json::Json;

            use crate::{contract, ContractError};

            #[entry_point]
            pub fn instantiate(
                deps: DepsMut,
                env: Env,
                info: MessageInfo,
                msg: Json,
            ) -> Result<Response, ContractError> {
                contract::instantiate(deps, env, info, msg.read_message()?)
            }

            #[entry_point]
            pub fn execute(
                deps: DepsMut,
                env: Env,
                info: MessageInfo,
                msg: Json,
            ) -> Result<Response, ContractError> {
                contract::execute(deps, env, info, msg.read_message()?)
            }

            #[entry_point]
            pub fn query(deps: Deps, env: Env, msg: Json) -> Result<Binary, ContractError> {
                contract::query(deps, env, msg.read_message()?)
            }

            #[entry_point]
            pub fn migrate(deps: DepsMut, env: Env, msg: Json) -> Result<Response, ContractError> {
                contract::migrate(deps, env, msg.read_message()?)
            }

            $(
                #[entry_point]
                pub fn $reply(
                    deps: DepsMut,
                    env: Env,
                    msg: ::cosmwasm_std::Reply,
                ) -> Result<Response, ContractError> {
                    contract::$reply(deps, env, msg)
                }
            )?
        }
    };
}
