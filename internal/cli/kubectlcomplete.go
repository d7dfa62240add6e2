package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	kubernetes "sigs.k8s.io/controller-runtime/pkg/client"

	gadget "traceloop/api/gadget/v1alpha1"
	traceloopv1 "traceloop/api/traceloop/v1"
)

// completionTime is how long a shell that completes waits for the cluster.
const completionTime = 3 * time.Second

// completer finds words. It says nothing of what goes wrong: nobody would see it.
type completer func(ctx context.Context, command *cobra.Command) []string

// completeFlag has the shell complete a flag's value.
func (k *cluster) completeFlag(command *cobra.Command, flag string, words completer) {
	// It fails only if the flag does not exist or is complete already.
	_ = command.RegisterFlagCompletionFunc(flag, func(command *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return k.complete(command, begun, words), cobra.ShellCompDirectiveNoFileComp
	})
}

// complete returns the words that go on as one has begun, such as a shell takes
// as they are.
func (k *cluster) complete(command *cobra.Command, begun string, words completer) []string {
	if err := k.connect(); err != nil {
		return nil
	}
	defer k.disconnect()
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	var result []string
	for _, word := range words(ctx, command) {
		if strings.HasPrefix(word, begun) && isPlain(word) {
			result = append(result, word)
		}
	}
	slices.Sort(result)
	return slices.Compact(result)
}

func (k *cluster) completeNamespaces(ctx context.Context, _ *cobra.Command) []string {
	var list corev1.NamespaceList
	if k.api.List(ctx, &list) != nil {
		return nil
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

func (k *cluster) completeContexts(context.Context, *cobra.Command) []string {
	config, err := k.options.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil
	}
	return slices.Collect(maps.Keys(config.Contexts))
}

func (k *cluster) completeNodes(ctx context.Context, _ *cobra.Command) []string {
	agents, err := k.findAgents(ctx, nil)
	if err != nil {
		return nil
	}
	var names []string
	for i := range agents {
		names = append(names, agents[i].Node)
	}
	return names
}

func (k *cluster) listPods(ctx context.Context) []corev1.Pod {
	var list corev1.PodList
	if k.api.List(ctx, &list, kubernetes.InNamespace(k.namespace)) != nil {
		return nil
	}
	return list.Items
}

func (k *cluster) completePods(ctx context.Context, _ *cobra.Command) []string {
	var names []string
	for _, pod := range k.listPods(ctx) {
		names = append(names, pod.Name)
	}
	return names
}

// completeContainers completes containers of the pod of --pod or of REF, or of
// all pods of the namespace.
func (k *cluster) completeContainers(ctx context.Context, command *cobra.Command) []string {
	wanted := ""
	if flag := command.Flags().Lookup("pod"); flag != nil {
		wanted = flag.Value.String()
	}
	if arguments := command.Flags().Args(); wanted == "" && len(arguments) > 0 {
		wanted = arguments[0]
	}
	var names []string
	for _, pod := range k.listPods(ctx) {
		if wanted != "" && pod.Name != wanted {
			continue
		}
		for _, c := range pod.Spec.InitContainers {
			names = append(names, c.Name)
		}
		for _, c := range pod.Spec.Containers {
			names = append(names, c.Name)
		}
		for _, c := range pod.Spec.EphemeralContainers {
			names = append(names, c.Name)
		}
	}
	return names
}

// completeTraceIDs completes what start has called what it began.
func (k *cluster) completeTraceIDs(command *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return k.complete(command, begun, func(ctx context.Context, _ *cobra.Command) []string {
		traces, err := k.listTraces(ctx)
		if err != nil {
			return nil
		}
		var ids []string
		for i := range traces {
			ids = append(ids, traces[i].Labels[gadget.LabelGlobalTraceID])
		}
		return ids
	}), cobra.ShellCompDirectiveNoFileComp
}

// completeReferences completes what the recordings of the cluster are called.
func (k *cluster) completeReferences(several bool) cobra.CompletionFunc {
	return func(command *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(given) > 0 && !several {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return k.complete(command, begun, func(ctx context.Context, _ *cobra.Command) []string {
			agents, err := k.findAgents(ctx, nil)
			if err != nil {
				return nil
			}
			var words []string
			for _, result := range listAll(ctx, k, agents, completionTime) {
				for _, r := range result.Value {
					words = append(words, k.references(r)...)
				}
			}
			return words
		}), cobra.ShellCompDirectiveNoFileComp
	}
}

// references are what a recording is called.
func (k *cluster) references(r *traceloopv1.Recording) []string {
	words := []string{shortID(r.Id)}
	if r.Pod != "" && r.Namespace == k.namespace {
		words = append(words, r.Pod)
	} else if r.Pod != "" {
		words = append(words, r.Namespace+"/"+r.Pod)
	}
	return words
}
