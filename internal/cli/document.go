package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// writeJSON writes a message of the API as the API itself has it in JSON, but
// indented, and in ASCII so that no terminal obeys it.
func writeJSON(to io.Writer, message proto.Message) error {
	data, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding JSON: %w", err)
	}
	return writeJSONText(to, data)
}

func writeJSONText(to io.Writer, data []byte) error {
	// protojson does not promise where it puts spaces.
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", "  "); err != nil {
		return fmt.Errorf("encoding JSON: %w", err)
	}
	if _, err := to.Write(append(escape(indented.Bytes(), unicode.MaxASCII), '\n')); err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	return nil
}

// writeYAML writes the same as YAML.
func writeYAML(to io.Writer, message proto.Message) error {
	data, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding YAML: %w", err)
	}
	return writeJSONAsYAML(to, data)
}

func writeJSONAsYAML(to io.Writer, data []byte) error {
	// JSON is YAML, but for some characters that YAML wants escaped; what
	// remains is to write it as people do.
	var node yaml.Node
	if err := yaml.Unmarshal(escape(data, 0), &node); err != nil {
		return fmt.Errorf("encoding YAML: %w", err)
	}
	restyle(&node)
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return fmt.Errorf("encoding YAML: %w", err)
	}
	if _, err := to.Write(escape(text.Bytes(), 0)); err != nil {
		return fmt.Errorf("printing YAML: %w", err)
	}
	return nil
}

func restyle(node *yaml.Node) {
	node.Style = 0
	if node.Kind == yaml.ScalarNode && printable(node.Value) != node.Value {
		// Only within these quotes does an escape mean what it says.
		node.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range node.Content {
		restyle(child)
	}
}

// escape writes what a terminal would not show as it is as \uXXXX, which JSON
// and YAML both know within quotes; with a limit, also all characters above it.
func escape(text []byte, limit rune) []byte {
	var result []byte
	for len(text) > 0 {
		character, size := utf8.DecodeRune(text)
		switch {
		case character == '\n', unicode.IsPrint(character) && (limit == 0 || character <= limit):
			result = append(result, text[:size]...)
		case character <= 0xffff:
			result = fmt.Appendf(result, `\u%04x`, character)
		case limit == 0:
			result = fmt.Appendf(result, `\U%08x`, character)
		default: // JSON has it as UTF-16 does
			high, low := utf16.EncodeRune(character)
			result = fmt.Appendf(result, `\u%04x\u%04x`, high, low)
		}
		text = text[size:]
	}
	return result
}
