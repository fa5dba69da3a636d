import { mount } from 'svelte';
import '../app.css';
import { served } from '../lib/api';
import App from './App.svelte';

served.name = 'The page of the data set';
served.command = 'aboveboard lab view';
const target = document.getElementById('page');
if (target) mount(App, { target });
