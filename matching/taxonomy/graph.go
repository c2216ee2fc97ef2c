package taxonomy

// Links are which skills are directly broader than which, and refuse to close a circle.
type Links map[string][]string

// Add makes broad broader than narrower and reports whether that is possible: a skill is not broader than itself, however
// long the way round. What is there already stays.
func (l Links) Add(narrower, broad string) bool {
	if narrower == broad || l.leads(broad, narrower, map[string]bool{}) {
		return false
	}
	for _, b := range l[narrower] {
		if b == broad {
			return true
		}
	}
	l[narrower] = append(l[narrower], broad)
	return true
}

// leads reports whether the way up from a skill comes by another.
func (l Links) leads(from, to string, seen map[string]bool) bool {
	for _, b := range l[from] {
		if b == to {
			return true
		}
		if !seen[b] {
			seen[b] = true
			if l.leads(b, to, seen) {
				return true
			}
		}
	}
	return false
}
