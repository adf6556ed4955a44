"""Workers: what each of them can import and which code it has, as it tells itself and as its runs find."""
