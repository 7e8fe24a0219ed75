print("postroom")
