document.title = "Cruddur";
