//! Lists as streams.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use uuid::Uuid;

use crate::{Error, Result};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Fetch<T> = Box<dyn Fn(Option<Uuid>) -> BoxFuture<Result<Page<T>>> + Send + Sync>;

/// One page of a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items. A page can be empty without being the last one.
    pub items: Vec<T>,
    /// The cursor of the next page. It is absent on the last page only.
    pub next_cursor: Option<Uuid>,
}

impl<T> Page<T> {
    /// The page, unless it would be its own next one: the list would have no end.
    fn after(self, cursor: Option<Uuid>) -> Result<Self> {
        if self.next_cursor.is_some() && self.next_cursor == cursor {
            return Err(Error::unexpected_body("a page whose next cursor is its own"));
        }
        Ok(self)
    }
}

/// The pages of a list, as a [`Stream`]. A page is requested when it is polled for. An error is the last item.
#[must_use = "streams do nothing unless polled"]
pub struct Pages<T> {
    fetch: Fetch<T>,
    state: State<T>,
}

enum State<T> {
    /// The cursor of the next page; `None` for the first.
    Idle(Option<Uuid>),
    /// The cursor of the page that is requested.
    Fetching(Option<Uuid>, BoxFuture<Result<Page<T>>>),
    Done,
}

impl<T> Pages<T> {
    pub(crate) fn new<F, Fut>(cursor: Option<Uuid>, fetch: F) -> Self
    where
        F: Fn(Option<Uuid>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        Self { fetch: Box::new(move |cursor| Box::pin(fetch(cursor))), state: State::Idle(cursor) }
    }

    /// The next page. `None` is the end.
    pub async fn next(&mut self) -> Option<Result<Page<T>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Idle(cursor) => this.state = State::Fetching(*cursor, (this.fetch)(*cursor)),
                State::Fetching(cursor, page) => {
                    let page = ready!(page.as_mut().poll(context)).and_then(|page| page.after(*cursor));
                    let next_cursor = page.as_ref().ok().and_then(|page| page.next_cursor);
                    this.state = next_cursor.map_or(State::Done, |cursor| State::Idle(Some(cursor)));
                    return Poll::Ready(Some(page));
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The items of a list, as a [`Stream`]. A page is requested when the items of the page before are used up. An error is the
/// last item.
#[must_use = "streams do nothing unless polled"]
#[derive(Debug)]
pub struct Items<T> {
    pages: Pages<T>,
    items: VecDeque<T>,
}

impl<T> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Self { pages, items: VecDeque::new() }
    }

    /// The next item. `None` is the end.
    pub async fn next(&mut self) -> Option<Result<T>>
    where
        T: Unpin,
    {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Every remaining item, in memory.
    ///
    /// # Errors
    /// Fails if a page cannot be read.
    pub async fn all(mut self) -> Result<Vec<T>>
    where
        T: Unpin,
    {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }
}

impl<T: Unpin> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.items = page.items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
