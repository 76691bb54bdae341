// Runs before the page is drawn: says that there is JavaScript, so that folding parts start folded.
document.documentElement.classList.add("js");
