// [data-refused][role=alert]: what was refused may stand far down the page; the reader is brought to it.
document.querySelector("main [data-refused][role=alert]")?.scrollIntoView({ block: "center" });
