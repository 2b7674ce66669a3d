// [data-search-key]: the key "/" goes to the search field, unless somebody is writing.
const search = document.querySelector("[data-search-key]");
if (search) {
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
}
