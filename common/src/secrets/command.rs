//! Passwords behind options whose names do not say so: `redis-cli -a`, `mysql -p`, `curl -u`.

use std::ops::Range;

/// The words of a command so far.
#[derive(Clone, Copy, Default)]
pub struct Words {
    program: Option<Program>,
    /// The next word has the value of an option.
    value: bool,
}

#[derive(Clone, Copy)]
enum Program {
    Redis,
    /// MySQL and MariaDB, with all that comes with them.
    Mysql,
    Curl,
}

impl Program {
    fn of(word: &str) -> Option<Self> {
        let name = word.rsplit('/').next().unwrap_or(word);
        match name {
            "redis-cli" | "valkey-cli" | "redis-benchmark" => Some(Program::Redis),
            "curl" => Some(Program::Curl),
            _ if name.starts_with("mysql") || name.starts_with("mariadb") => Some(Program::Mysql),
            _ => None,
        }
    }
}

impl Words {
    /// The bytes of a password in the next word.
    pub fn next(&mut self, word: &str) -> Option<Range<usize>> {
        if std::mem::take(&mut self.value) {
            return self.within(word, 0);
        }
        if let Some(program) = Program::of(word) {
            self.program = Some(program);
            return None;
        }
        match self.program? {
            Program::Redis => {
                self.value = word == "-a";
                None
            }
            // `-p` alone asks for it. A port of Docker's is none.
            Program::Mysql => {
                let value = word.strip_prefix("-p").filter(|value| !value.is_empty())?;
                let port = value.chars().all(|c| c.is_ascii_digit() || c == ':');
                (!port || !value.contains(':')).then_some(2..word.len())
            }
            Program::Curl => {
                let options = ["--proxy-user", "--user", "-U", "-u"];
                let option = options.iter().find(|option| word.starts_with(*option))?;
                let rest = &word[option.len()..];
                self.value = rest.is_empty();
                let joined = !option.starts_with("--") || rest.starts_with('=');
                if joined { self.within(word, option.len()) } else { None }
            }
        }
    }

    /// The password in the value of an option, which begins at `from` of its word.
    fn within(&self, word: &str, from: usize) -> Option<Range<usize>> {
        let start = match self.program {
            // `user:password`; a user alone is asked for it.
            Some(Program::Curl) => from + word[from..].find(':')? + 1,
            _ => from,
        };
        (start < word.len()).then_some(start..word.len())
    }

    /// Looks at the words of a line, of a shell or of a list, and returns the passwords.
    pub(super) fn line(&mut self, line: &str) -> Vec<Range<usize>> {
        let quotes = |c: &char| matches!(c, '"' | '\'');
        let body = line.trim_start();
        // A list goes on in the next line.
        if !body.starts_with(['-', '"', '\'']) {
            *self = Words::default();
        }
        let mut found = Vec::new();
        let mut at = line.len() - body.strip_prefix("- ").unwrap_or(body).len();
        let between = |c: char| c.is_whitespace() || "\"'`,[](){};|&".contains(c);
        while let Some(offset) = line[at..].find(|c| !between(c)) {
            if line[at..at + offset].contains([';', '|', '&']) {
                *self = Words::default();
            }
            at += offset;
            let rest = &line[at..];
            let quote = line[..at].chars().next_back().filter(quotes);
            let ends = |c: char| c.is_whitespace() || "\"'`;|&])".contains(c);
            let length = match (self.value, quote) {
                (true, Some(quote)) => rest.find(quote),
                (true, None) if rest.starts_with("$(") => rest.find(')').map(|end| end + 1),
                _ => rest.find(ends),
            };
            let mut word = &rest[..length.unwrap_or(rest.len())];
            // Between the items of a list, not within a password.
            word = word.strip_suffix(',').unwrap_or(word);
            found.extend(self.next(word).map(|range| at + range.start..at + range.end));
            let behind = &rest[word.len()..];
            // `-p'two words'`
            if matches!(self.program, Some(Program::Mysql))
                && word == "-p"
                && quote.is_none()
                && behind.starts_with(['"', '\''])
            {
                self.value = true;
            }
            at += word.len().max(1);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::secrets::{mask, shows_secret};

    #[track_caller]
    fn hidden(text: &str) {
        let masked = mask(text);
        assert!(!masked.contains("hunter2") && masked.contains("***"), "{masked}");
    }

    #[test]
    fn redis_has_it_behind_a() {
        for text in [
            "redis-cli -a hunter2 ping",
            "/usr/bin/redis-cli -h x -a 'hunter2 hunter2' ping | grep x",
            "test: [CMD, redis-cli, -a, hunter2, ping]",
            "[\"redis-cli\",\"-a\",\"hunter2\",\"ping\"]",
            "- redis-cli\n- -a\n- hunter2\n",
            "  \"redis-cli\",\n  \"-a\",\n  \"hunter2\"\n",
            "sh -c 'redis-cli -a hunter2,hunter2'",
        ] {
            hidden(text);
        }
    }

    #[test]
    fn mysql_has_it_behind_p() {
        for text in [
            "mysql -u root -phunter2 app",
            "mysqladmin ping -p'hunter2 hunter2'",
            "mariadb-dump -p\"hunter2\" app",
            "[CMD, mysqladmin, ping, -phunter2]",
            "- mysql\n- -phunter2\n",
        ] {
            hidden(text);
        }
    }

    #[test]
    fn curl_has_it_behind_its_user() {
        for text in [
            "curl -u app:hunter2 http://x",
            "curl -sf -uapp:hunter2 http://x",
            "curl --user app:hunter2 http://x",
            "curl --user=app:hunter2 http://x",
            "curl -u 'app:hunter2 hunter2' http://x",
            "[curl, -u, \"app:hunter2\"]",
            "- curl\n- --user\n- app:hunter2\n",
        ] {
            hidden(text);
            assert!(mask(text).contains("app:"), "{text}");
        }
    }

    #[test]
    fn other_options_stay() {
        for text in [
            "redis-cli -h cache ping",
            "redis-cli -a $REDIS_PASSWORD ping",
            "redis-cli -a \"$$REDIS_PASSWORD\" ping",
            "redis-cli -a $(cat /run/password)",
            "mysql -p app",
            "mysql -p\"$MYSQL_PASSWORD\" app",
            "docker run --name mysql -p3306:3306 mysql",
            "curl -u app http://x",
            "curl -u $USER:$PASSWORD http://x",
            "redis-cli ping && ls -a folder",
            "ls -a folder",
            "- redis-cli\nname: x\nargs:\n- -a\n- folder\n",
        ] {
            assert!(!shows_secret(text), "{}", mask(text));
        }
    }
}
