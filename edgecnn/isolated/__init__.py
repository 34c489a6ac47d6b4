"""What may crash, hang or take all memory runs in a process of its own; a conversation with it is typed.

| file | what it holds |
|---|---|
| `messages.py` | requests, which say what type their answer has, and the lines that carry them |
| `child.py` | the parent's end: start, ask, close; `call` does all three |
| `serve.py` | the program that runs in the child |
| `failure.py` | `ChildError`: how a child failed |

A module that runs in a child has a function that returns a table of handlers, one for each type of request:

    @dataclass(frozen=True, slots=True)
    class Count(Request[int]):
        path: str

    def handlers(progress: Progress) -> Handlers:
        return {Count: lambda request: count_lines(request.path)}

The parent names that function: `call("edgecnn.example:handlers", Count("a.txt"))` returns the int.
"""
