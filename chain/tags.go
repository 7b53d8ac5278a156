package chain

import (
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// ParseTags reads session_tags: key=value pairs separated by commas, as other
// tools write them. Blanks around keys, values and commas do not count.
func ParseTags(s string) ([]awsapi.Tag, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var tags []awsapi.Tag
	for i, pair := range strings.Split(s, ",") {
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			return nil, fmt.Errorf("session tag %d is not of the form key=value", i+1)
		}
		tags = append(tags, awsapi.Tag{Key: key, Value: strings.TrimSpace(value)})
	}
	return tags, nil
}

// list splits a comma-separated list, leaving out blank items.
func list(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
