"""What devices have in common that let people in and show no page of ours: who asks, the steps, the words."""
