package mcp

import (
	"encoding/json"
	"strings"
	"time"

	"pcapidx/query"
)

// jobPatience is how long a question waits for a capture that is being indexed.
const jobPatience = 25 * time.Second

// identify puts the ids of captures in the place of what they were called before
// they had one. It waits a while for those that are being indexed.
func (c *call) identify(args json.RawMessage) (json.RawMessage, error) {
	if !strings.Contains(string(args), `"`+jobPrefix) {
		return args, nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(args, &given); err != nil {
		return nil, err // they were read before
	}
	var one string
	var several []string
	var err error
	if json.Unmarshal(given["capture"], &one) == nil {
		if one, err = c.idOf(one); err != nil {
			return nil, err
		}
		given["capture"], _ = json.Marshal(one) // a string
	}
	if json.Unmarshal(given["captures"], &several) == nil {
		for i := range several {
			if several[i], err = c.idOf(several[i]); err != nil {
				return nil, err
			}
		}
		given["captures"], _ = json.Marshal(several) // strings
	}
	return json.Marshal(given)
}

// idOf gives the id of the capture that one of the user's jobs has indexed; any
// other name comes back as it is.
func (c *call) idOf(name string) (string, error) {
	j := c.server.jobs.find(c.user, name)
	if j == nil {
		return name, nil
	}
	if err := c.watch(j, jobPatience); err != nil {
		return "", err
	}
	if !j.ended() {
		return "", &query.Error{Kind: query.BadRequest, Msg: name + " " + j.share(), Hint: "ask again in some seconds"}
	}
	a, err := j.result()
	switch {
	case err != nil:
		return "", err
	case len(a.Rows) == 0:
		return name, nil
	}
	return a.Rows[0].Capture, nil
}
