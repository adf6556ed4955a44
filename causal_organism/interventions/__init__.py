"""From effects to proposals, and what people may do with them."""
