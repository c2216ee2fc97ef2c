package words

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"homecoming/internal/problem"
)

//go:embed catalogue/*.txt
var files embed.FS

// A pair is one sentence in both languages.
type pair struct{ en, ja string }

var catalogue = func() map[string]pair {
	c, err := read(files)
	if err != nil {
		panic("words: " + err.Error())
	}
	return c
}()

// read takes the lines of every file together. A key that stands twice, or a line without both languages, is an error.
func read(from fs.FS) (map[string]pair, error) {
	all := map[string]pair{}
	names, err := fs.Glob(from, "catalogue/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			parts := strings.Split(line, " | ")
			if len(parts) != 3 || slices.Contains(parts, "") {
				return nil, fmt.Errorf("%s:%d: not “key | English | Japanese”", name, i+1)
			}
			key := strings.TrimSpace(parts[0])
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s:%d: %s stands twice", name, i+1, key)
			}
			all[key] = pair{strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])}
		}
	}
	return all, nil
}

// Keys lists every key of the catalogue in order.
func Keys() []string { return slices.Sorted(maps.Keys(catalogue)) }

// Known reports whether the catalogue has the key.
func Known(key string) bool {
	_, ok := catalogue[key]
	return ok
}

var choice = regexp.MustCompile(`\{(\w+):([^{}|]*)\|([^{}|]*)\}`)

// In is the sentence of a key in the reader's language. The arguments are names and values by turns. A key that is
// not in the catalogue is shown as it is.
func In(lang problem.Language, key string, args ...any) string {
	p, ok := catalogue[key]
	if !ok {
		return key
	}
	text := p.en
	if lang == problem.Japanese {
		text = p.ja
	}
	values := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		values[fmt.Sprint(args[i])] = fmt.Sprint(args[i+1])
	}
	text = choice.ReplaceAllStringFunc(text, func(m string) string {
		parts := choice.FindStringSubmatch(m)
		if values[parts[1]] == "1" {
			return parts[2]
		}
		return parts[3]
	})
	for name, value := range values {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}
