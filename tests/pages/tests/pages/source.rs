//! Which events a contract's source makes, with which attributes, read from the source itself.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{
    Expr, ExprCall, ExprLit, ExprMethodCall, FnArg, ImplItemFn, ItemFn, ItemMod, Lit, Local, Pat, Signature,
};

/// Attributes by name, and whether they are left out at times.
pub type Attributes = BTreeMap<String, bool>;

/// What an event is named by.
#[derive(Clone, Debug)]
enum Name {
    Texts(Vec<String>),
    /// By who calls the function: the parameter's index.
    Parameter(usize),
}

/// A function that makes one event, or adds to that of another function.
#[derive(Debug, Default)]
struct Maker {
    /// `Event::new(NAME)`.
    made: Vec<Name>,
    /// Calls of other functions of the contract: module (this one when absent), function, arguments that may be names.
    calls: Vec<(Option<String>, String, Vec<Option<Name>>)>,
    attributes: Attributes,
}

type Makers = HashMap<(String, String), Maker>;

/// The events of the contract in this folder.
pub fn events(contract: &Path) -> BTreeMap<String, Attributes> {
    let mut makers = Makers::new();
    read_folder(&contract.join("src"), &mut makers);
    let mut events = BTreeMap::new();
    for ((module, function), maker) in &makers {
        assert!(
            maker.made.len() < 2,
            "{module}::{function} makes several events: make each in a function of its own"
        );
        for (name, attributes) in named(&makers, module, maker) {
            let known = events.insert(name.clone(), attributes.clone());
            assert!(
                known.is_none_or(|known| known == attributes),
                "{name} is made in two ways, in {module} and elsewhere"
            );
        }
    }
    events
}

/// Events whose names this function decides: its own, and those of functions that it hands a name to.
fn named(makers: &Makers, module: &str, maker: &Maker) -> Vec<(String, Attributes)> {
    let mut found = Vec::new();
    for name in &maker.made {
        if let Name::Texts(texts) = name {
            found.extend(texts.iter().map(|text| (text.clone(), maker.attributes.clone())));
        }
    }
    for (of, function, arguments) in &maker.calls {
        let Some((parameter, mut attributes)) = helper(makers, of.as_deref().unwrap_or(module), function, 0)
        else {
            continue;
        };
        if let Some(Some(Name::Texts(texts))) = arguments.get(parameter) {
            attributes.extend(maker.attributes.clone());
            found.extend(texts.iter().map(|text| (text.clone(), attributes.clone())));
        }
    }
    found
}

/// Helpers of helpers, at most; functions that call themselves end here.
const MAX_DEPTH: usize = 8;

/// The parameter by which a function takes its event's name, and the attributes that it gives it.
fn helper(makers: &Makers, module: &str, function: &str, depth: usize) -> Option<(usize, Attributes)> {
    let maker = makers.get(&(module.to_owned(), function.to_owned())).filter(|_| depth < MAX_DEPTH)?;
    if let Some(Name::Parameter(index)) = maker.made.first() {
        return Some((*index, maker.attributes.clone()));
    }
    let handing_on = |arguments: &&[Option<Name>]| {
        arguments.iter().any(|argument| matches!(argument, Some(Name::Parameter(_))))
    };
    maker.calls.iter().find_map(|(of, function, arguments)| {
        Some(arguments.as_slice()).filter(handing_on)?;
        let of = of.as_deref().unwrap_or(module);
        let (parameter, mut attributes) = helper(makers, of, function, depth + 1)?;
        let Some(Some(Name::Parameter(index))) = arguments.get(parameter) else { return None };
        attributes.extend(maker.attributes.clone());
        Some((*index, attributes))
    })
}

fn read_folder(folder: &Path, makers: &mut Makers) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("a readable entry").path()) {
        if path.is_dir() {
            read_folder(&path, makers);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let module = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            File { module, makers }.visit_file(&file);
        }
    }
}

struct File<'a> {
    module: String,
    makers: &'a mut Makers,
}

impl File<'_> {
    fn function(&mut self, signature: &Signature, block: &syn::Block) {
        let parameters = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(identifier(&typed.pat)),
            FnArg::Receiver(_) => None,
        });
        let mut body = Body { parameters: parameters.collect(), ..Body::default() };
        body.visit_block(block);
        let key = (self.module.clone(), signature.ident.to_string());
        // Methods of one name in one file make no events, or the test would say so.
        let maker = self.makers.entry(key).or_default();
        maker.made.extend(body.maker.made);
        maker.calls.extend(body.maker.calls);
        maker.attributes.extend(body.maker.attributes);
    }
}

impl<'ast> Visit<'ast> for File<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.sig, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, &function.block);
    }
}

#[derive(Default)]
struct Body {
    parameters: Vec<Option<String>>,
    /// What a local may be: every text of the expression that it is bound to.
    locals: HashMap<String, Vec<String>>,
    /// How many branches one is in.
    branches: usize,
    maker: Maker,
}

impl Body {
    fn name(&self, expression: &Expr) -> Option<Name> {
        match expression {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(Name::Texts(vec![text.value()])),
            Expr::Path(path) => {
                let name = path.path.get_ident()?.to_string();
                if let Some(texts) = self.locals.get(&name) {
                    return Some(Name::Texts(texts.clone()));
                }
                let parameter = self.parameters.iter().position(|it| it.as_ref() == Some(&name))?;
                Some(Name::Parameter(parameter))
            }
            _ => None,
        }
    }

    fn branch(&mut self, visit: impl FnOnce(&mut Self)) {
        self.branches += 1;
        visit(self);
        self.branches -= 1;
    }
}

impl<'ast> Visit<'ast> for Body {
    fn visit_local(&mut self, local: &'ast Local) {
        if let (Some(name), Some(init)) = (identifier(&local.pat), &local.init) {
            let mut texts = Texts::default();
            if matches!(*init.expr, Expr::Match(_) | Expr::If(_) | Expr::Lit(_)) {
                texts.visit_expr(&init.expr);
            }
            if !texts.0.is_empty() {
                self.locals.insert(name, texts.0);
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let segments: Vec<_> =
                path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            match segments.as_slice() {
                [.., of, new] if of == "Event" && new == "new" => {
                    let name = call.args.first().and_then(|argument| self.name(argument));
                    self.maker.made.push(name.expect("an event's name is a text, a local or a parameter"));
                }
                [.., function] => {
                    let of = segments.len().checked_sub(2).map(|index| segments[index].clone());
                    let arguments = call.args.iter().map(|argument| self.name(argument)).collect();
                    self.maker.calls.push((of, function.clone(), arguments));
                }
                [] => {}
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        // What comes first in the chain comes first.
        visit::visit_expr_method_call(self, call);
        if call.method == "add_attribute" {
            let Some(Expr::Lit(ExprLit { lit: Lit::Str(key), .. })) = call.args.first() else {
                panic!("an attribute's key is written out where it is added")
            };
            self.maker.attributes.insert(key.value(), self.branches > 0);
        }
        assert!(
            call.method != "add_attributes",
            "attributes are added one by one, each with its key written out"
        );
    }

    fn visit_expr_if(&mut self, it: &'ast syn::ExprIf) {
        self.visit_expr(&it.cond);
        self.branch(|body| {
            body.visit_block(&it.then_branch);
            if let Some((_, other)) = &it.else_branch {
                body.visit_expr(other);
            }
        });
    }

    fn visit_expr_match(&mut self, it: &'ast syn::ExprMatch) {
        self.visit_expr(&it.expr);
        self.branch(|body| it.arms.iter().for_each(|arm| body.visit_arm(arm)));
    }
}

#[derive(Default)]
struct Texts(Vec<String>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_expr_lit(&mut self, literal: &'ast ExprLit) {
        if let Lit::Str(text) = &literal.lit {
            self.0.push(text.value());
        }
    }
}

fn identifier(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(identifier) => Some(identifier.ident.to_string()),
        Pat::Type(typed) => identifier(&typed.pat),
        _ => None,
    }
}
