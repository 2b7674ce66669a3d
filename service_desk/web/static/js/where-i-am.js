// .nav [aria-current]: on a phone the bar may be longer than the screen; the place one is at is brought into sight.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
