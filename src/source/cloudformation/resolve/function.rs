//! The functions that work on texts and lists.

use super::super::super::document::{Key, Node};
use super::super::super::planned::Resolved;
use super::super::scope::Scope;
use super::super::transform::{CALL, LOOP, filled, is_extended, why};
use super::cidr;
use super::reference::Text;
use super::{Mode, Resolver};
use crate::model::Unknown;

impl<'a> Resolver<'a> {
    pub(super) fn function(&self, stack: usize, key: &'a Key, argument: &'a Node, mode: Mode) -> Resolved {
        if let Some(logic) = self.logic(stack, &key.text, argument) {
            return logic.map(Resolved::Bool).into();
        }
        match key.text.as_str() {
            "Ref" => match argument.text() {
                Some(name) => self.reference(stack, name, argument.at, mode),
                None => self.named_by(stack, argument, "Ref takes the name of a parameter or a resource"),
            },
            "Fn::GetAtt" => self.get_att(stack, argument, mode),
            "Fn::Sub" => self.sub(stack, argument, mode),
            "Fn::Join" => self.join(stack, argument, mode),
            "Fn::Select" => self.select(stack, argument, mode),
            "Fn::Split" => self.split(stack, argument, mode),
            "Fn::If" => self.choose(stack, argument, mode),
            "Fn::FindInMap" => self.find_in_map(stack, argument, mode),
            "Fn::ImportValue" => self.import(stack, argument),
            "Fn::GetAZs" => self.zones(stack, argument, mode),
            "Fn::Cidr" => self.blocks(stack, argument),
            "Fn::Base64" => self.base64(stack, argument),
            "Fn::ToJsonString" => self.to_json(stack, argument, mode),
            "Fn::Length" => self.length(stack, argument),
            CALL => Resolved::Unknown(filled(argument)),
            name if name.starts_with(LOOP) => Resolved::Unknown(why(self, stack, key, argument)),
            name => self.problem(stack, key.at, format!("{name} is not an intrinsic function")),
        }
    }

    /// A name that a function is to give, and does not: with the language extensions it may, at deployment.
    pub(super) fn named_by(&self, stack: usize, node: &'a Node, otherwise: &str) -> Resolved {
        let extended = self.scopes.get(stack).is_some_and(|scope| scope.is_open() || is_extended(&scope.stack.template));
        let given = matches!(node.entries(), [(key, _)] if key.text == "Ref" || key.text.starts_with("Fn::"));
        match self.value(stack, node, Mode::Certain) {
            Resolved::Unknown(unknown) if extended && given => Resolved::Unknown(unknown),
            _ => self.problem(stack, node.at, otherwise),
        }
    }

    fn join(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let [delimiter, list] = argument.items() else {
            return self.problem(stack, argument.at, "Fn::Join takes a delimiter and a list");
        };
        let delimiter = delimiter.text().unwrap_or_default();
        let list = match &list.value {
            super::Value::List(items) => Resolved::List(self.values(stack, items, mode)),
            _ => self.value(stack, list, mode),
        };
        let items = match list.items() {
            Ok(items) => items,
            Err(unknown) => return Resolved::Unknown(unknown),
        };
        let mut text = Text::new(mode);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.add(delimiter.into());
            }
            match item {
                Resolved::List(inner) => inner.iter().for_each(|item| text.add(item.clone())),
                item => text.add(item.clone()),
            }
        }
        text.finish()
    }

    fn select(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let [index, list] = argument.items() else {
            return self.problem(stack, argument.at, "Fn::Select takes an index and a list");
        };
        let list = self.value(stack, list, plain(mode));
        let index = match self.value(stack, index, plain(mode)).integer() {
            Ok(index) => usize::try_from(index.unwrap_or_default()).ok(),
            Err(unknown) => return Resolved::Unknown(unknown),
        };
        match list.items() {
            Err(unknown) => Resolved::Unknown(unknown),
            Ok(items) => match index.and_then(|index| items.get(index)) {
                Some(item) => item.clone(),
                None => Resolved::unresolved("Fn::Select asks for an item that the list does not have"),
            },
        }
    }

    fn split(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let [delimiter, text] = argument.items() else {
            return self.problem(stack, argument.at, "Fn::Split takes a delimiter and a text");
        };
        match (delimiter.text(), self.value(stack, text, plain(mode)).text()) {
            (None | Some(""), _) => self.problem(stack, delimiter.at, "Fn::Split takes a delimiter"),
            (_, Err(unknown)) => Resolved::Unknown(unknown),
            (Some(delimiter), Ok(text)) => Resolved::List(text.unwrap_or_default().split(delimiter).map(Resolved::from).collect()),
        }
    }

    fn find_in_map(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let [map, top, second, rest @ ..] = argument.items() else {
            return self.problem(stack, argument.at, "Fn::FindInMap takes a map and two keys");
        };
        let fallback = rest.first().and_then(|options| options.get("DefaultValue"));
        let key = |node: &'a Node| self.value(stack, node, Mode::Certain).must("a key of Fn::FindInMap");
        let keys = key(map).and_then(|map| Ok((map, key(top)?, key(second)?)));
        let (map, top, second) = match keys {
            Ok(keys) => keys,
            Err(unknown) => return Resolved::unresolved(format!("FindInMap: {}", unknown.gap().why)),
        };
        let found = self.scopes.get(stack).and_then(|scope| scope.mapping(&map)?.get(&top)?.get(&second));
        match found.or(fallback) {
            Some(node) => self.value(stack, node, mode),
            None if self.scopes.get(stack).is_some_and(Scope::is_open) => {
                Resolved::unresolved(format!("the map {map} has no entry {top}, {second} yet"))
            }
            None => self.problem(stack, argument.at, format!("the map {map} has no entry {top}, {second}")),
        }
    }

    /// Three zones, which every region has; their letters are those that most accounts see.
    fn zones(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let Some(scope) = self.scopes.get(stack) else { return Resolved::Absent };
        if mode == Mode::Certain && scope.stack.region.is_none() {
            return Resolved::unresolved("GetAZs: the region to deploy to is not given");
        }
        match self.value(stack, argument, mode).text() {
            Ok(named) => {
                let region = named.filter(|name| !name.is_empty()).unwrap_or_else(|| scope.region.to_owned());
                Resolved::List(["a", "b", "c"].iter().map(|letter| format!("{region}{letter}").into()).collect())
            }
            Err(unknown) => Resolved::Unknown(unknown),
        }
    }

    fn blocks(&self, stack: usize, argument: &'a Node) -> Resolved {
        let [block, count, bits @ ..] = argument.items() else {
            return self.problem(stack, argument.at, "Fn::Cidr takes a block, a count and the bits of each");
        };
        let read = |node: &'a Node| self.value(stack, node, Mode::Plain);
        let parts = || -> Result<_, Unknown> {
            let block = read(block).must("the block of Fn::Cidr")?;
            let count = read(count).integer()?.unwrap_or(1);
            let bits = bits.first().map(|node| read(node).integer()).transpose()?.flatten();
            cidr::blocks(&block, count, bits).ok_or_else(|| Unknown::unresolved(format!("{block} has no {count} blocks of that size")))
        };
        parts().map(|blocks| Resolved::List(blocks.into_iter().map(Resolved::from).collect())).into()
    }

    fn base64(&self, stack: usize, argument: &'a Node) -> Resolved {
        let text = self.value(stack, argument, Mode::Plain).text();
        text.map(|text| Resolved::from(encode(text.unwrap_or_default().as_bytes()))).into()
    }

    fn to_json(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let value = self.value(stack, argument, mode);
        let holes = |unknown: &Unknown| match mode {
            Mode::Holes => Ok(serde_json::Value::String(super::HOLE.to_owned())),
            _ => Err(unknown.clone()),
        };
        value.json_with(&holes).map(|json| Resolved::from(json.to_string())).into()
    }

    fn length(&self, stack: usize, argument: &'a Node) -> Resolved {
        let list = self.value(stack, argument, Mode::Plain);
        list.items().map(|items| Resolved::Number(items.len().to_string())).into()
    }
}

/// Holes are for parts of a text; a list or a text that is taken apart must be known.
fn plain(mode: Mode) -> Mode {
    if mode == Mode::Holes { Mode::Plain } else { mode }
}

fn encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS.get((group >> (18 - 6 * place) & 63) as usize).copied().map_or('=', char::from);
            text.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    text
}
