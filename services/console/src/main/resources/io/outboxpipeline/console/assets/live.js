// Keeps a page's data fresh while it is seen. A hidden page has no stream, so that many tabs don't take each other's connections.
const PATIENCE = 4500;
const stale = document.getElementById("stale");
const live = document.getElementById("live");
const watch = document.getElementById("watch");
const place = live ?? watch;
let stream = null;
let timer = 0;
let shown = live ? live.innerHTML : "";

function heard() {
  stale.textContent = "";
  clearTimeout(timer);
  timer = setTimeout(() => {
    stale.textContent = stale.dataset.text;
  }, PATIENCE);
}

function take(data) {
  if (live && data !== shown && !live.contains(document.activeElement)) {
    const scrolled = [...live.querySelectorAll(".wide")].map((e) => e.scrollLeft);
    live.innerHTML = data;
    shown = data;
    live.querySelectorAll(".wide").forEach((e, i) => {
      e.scrollLeft = scrolled[i] ?? 0;
    });
  }
  if (watch && data !== watch.dataset.digest) {
    watch.textContent = watch.dataset.text;
  }
}

function open() {
  if (stream || document.hidden) {
    return;
  }
  heard();
  stream = new EventSource(place.dataset.stream);
  stream.onmessage = (event) => {
    heard();
    take(event.data);
  };
  stream.addEventListener("beat", heard);
  stream.onerror = () => {
    // The browser goes on by itself after a break, and not after an answer that is an error.
    if (stream && stream.readyState === EventSource.CLOSED) {
      stream = null;
      setTimeout(open, 2000);
    }
  };
}

function close() {
  clearTimeout(timer);
  if (stream) {
    stream.close();
    stream = null;
  }
}

if (place) {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
