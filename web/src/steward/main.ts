import { mount } from 'svelte';
import '../app.css';
import { served } from '../lib/api';
import App from './App.svelte';

served.name = "The steward's page";
served.command = 'aboveboard fleet view';
const target = document.getElementById('page');
if (target) mount(App, { target });
