use cosmwasm_schema::cw_serde;

/// Items of a page when the query names no limit.
pub const DEFAULT_PAGE_LIMIT: u32 = 30;
/// The largest page that any query of the suite answers; a larger limit is answered with this many.
pub const MAX_PAGE_LIMIT: u32 = 100;

/// The limit to use for what a query asked.
pub fn page_limit(asked: Option<u32>) -> usize {
    asked.unwrap_or(DEFAULT_PAGE_LIMIT).min(MAX_PAGE_LIMIT) as usize
}

/// One page of a list. `next` is the cursor to pass as `start_after` for the page that follows, absent at the end.
#[cw_serde]
#[derive(Eq)]
pub struct Page<T, C> {
    pub items: Vec<T>,
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Cuts one page from an iterator over entries that come after the cursor. Reads one entry more than it
    /// answers, so that the last page says that it is the last.
    pub fn collect<I, E>(entries: I, asked: Option<u32>, cursor: impl Fn(&T) -> C) -> Result<Self, E>
    where
        I: IntoIterator<Item = Result<T, E>>,
    {
        let limit = page_limit(asked);
        let mut items = Vec::new();
        let mut more = false;
        for entry in entries {
            let entry = entry?;
            if items.len() == limit {
                more = true;
                break;
            }
            items.push(entry);
        }
        let next = if more { items.last().map(cursor) } else { None };
        Ok(Self { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn page(entries: u32, asked: Option<u32>) -> Page<u32, u32> {
        Page::collect((0..entries).map(Ok::<_, Infallible>), asked, |item| *item).unwrap()
    }

    #[test]
    fn the_largest_limit_is_never_exceeded() {
        assert_eq!(page(1_000, Some(u32::MAX)).items.len(), MAX_PAGE_LIMIT as usize);
        assert_eq!(page(1_000, None).items.len(), DEFAULT_PAGE_LIMIT as usize);
    }

    #[test]
    fn the_last_page_says_so_even_when_it_is_full() {
        assert_eq!(page(5, Some(5)).next, None);
        assert_eq!(page(6, Some(5)).next, Some(4));
        assert_eq!(page(0, Some(5)), Page { items: vec![], next: None });
        assert_eq!(page(3, Some(0)), Page { items: vec![], next: None });
    }

    #[test]
    fn an_entry_that_cannot_be_read_fails_the_page() {
        let entries = vec![Ok(1), Err("broken"), Ok(2)];
        assert_eq!(Page::collect(entries, None, |item: &i32| *item), Err("broken"));
    }
}
