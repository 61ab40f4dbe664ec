pub fn five() {}
