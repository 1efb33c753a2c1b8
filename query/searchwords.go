package query

import "context"

// searchWords answers the modes words and phrase from the text index.
func (e *Engine) searchWords(_ context.Context, p *searchPage, _ Capture) error {
	return badRequest("search for a substring, or `--mode fuzzy`", "mode %s needs a text index, and this capture has none", p.request.Mode)
}
