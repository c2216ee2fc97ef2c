package live

// Ears is how many people are listened for.
func (h *Hub) Ears() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ears)
}
