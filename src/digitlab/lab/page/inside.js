// Part 2, Look inside: the lines of forward, what each leaves, and how a number was made.

export function startInside() {}
